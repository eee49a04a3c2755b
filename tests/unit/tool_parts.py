"""What a tool needs in a test: a store, a volume that can be looked at, seeded luck."""

import datetime
import random

from xtalk_edge.clock import run_virtual, wall_now
from xtalk_edge.store.alarms import AlarmTable
from xtalk_edge.store.database import Database
from xtalk_edge.store.lists import ListTable
from xtalk_edge.store.memories import MemoryTable
from xtalk_edge.store.notes import NoteTable
from xtalk_edge.store.timers import TimerTable
from xtalk_edge.tools.builtin import BUILTIN_TOOLS
from xtalk_edge.tools.context import ToolContext
from xtalk_edge.tools.registry import ToolBox
from xtalk_edge.tools.timekeeping.alarm_service import AlarmService
from xtalk_edge.tools.timekeeping.bell import Bell
from xtalk_edge.tools.timekeeping.timer_service import TimerService

TEN_PAST_FOUR = datetime.datetime(2026, 5, 4, 16, 10, tzinfo=datetime.UTC)


class Volume:
    def __init__(self, percent=50):
        self.percent = percent

    def get_percent(self):
        return self.percent

    def set_percent(self, percent):
        self.percent = percent


def make_bell(store, clock=wall_now, **settings):
    timers = TimerService(TimerTable(store), clock)
    return Bell(timers, AlarmService(AlarmTable(store), clock, datetime.UTC), clock, **settings)


def make_context(store, said=""):
    return ToolContext(
        bell=make_bell(store), volume=Volume(), last_reply=lambda: said,
        notes=NoteTable(store), memories=MemoryTable(store), lists=ListTable(store),
        choose=random.Random(7),
    )  # fmt: skip


def run_call(tmp_path, call, *, tools=BUILTIN_TOOLS, dry_run=False):
    async def go():
        store = Database(tmp_path)
        box = ToolBox(tools, make_context(store), dry_run=dry_run)
        try:
            return await box.run(call)
        finally:
            await box.aclose()
            store.close()

    return run_virtual(go(), TEN_PAST_FOUR)
