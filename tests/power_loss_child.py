"""A device that is busy until it is killed, and says what it has done only when it was done.

Its time is virtual: hours of timers and alarms pass in a second, and most of that second is spent
in the database, where the kill is to fall.
"""

import asyncio
import datetime
import random

from xtalk_edge.clock import run_virtual, wall_now
from xtalk_edge.engines.interfaces import ToolCall
from xtalk_edge.store.alarms import AlarmTable
from xtalk_edge.store.database import Database
from xtalk_edge.store.lists import ListTable
from xtalk_edge.store.memories import MemoryTable
from xtalk_edge.store.notes import NoteTable
from xtalk_edge.store.timers import TimerTable
from xtalk_edge.tasks import TaskOwner
from xtalk_edge.tools.builtin import BUILTIN_TOOLS
from xtalk_edge.tools.context import ToolContext
from xtalk_edge.tools.kept.lists import SHOPPING
from xtalk_edge.tools.registry import ToolBox
from xtalk_edge.tools.timekeeping.alarm_service import AlarmService
from xtalk_edge.tools.timekeeping.bell import Bell
from xtalk_edge.tools.timekeeping.ringing import MissedRings
from xtalk_edge.tools.timekeeping.timer_service import TimerService

MEAN_PAUSE_S = 60.0
"""Between two requests."""

LONGEST_WAIT_S = 27 * 3600.0
"""An alarm is set for an hour and a half ahead at most, and the clock put back by an hour. One that
is moved back over midnight keeps its day, as it says ("11:15 PM tomorrow"), and waits for that."""

KINDS = {"timers": "t", "alarms": "a", "notes": "n", "shopping list": "i"}
"""What can be cleared, and the letter with which the names of its things begin."""


class Volume:
    def get_percent(self):
        return 50

    def set_percent(self, percent):
        pass


def stored_state(store):
    """Return what is on disk, as the next start will find it."""
    timers = TimerTable(store).all()
    alarms = AlarmTable(store).all()
    snoozed = [timer for timer in timers if timer.kind == "alarm"]
    return {
        "running": [t.name for t in timers if t.kind == "timer" and t.rang_at is None],
        "cut_off": [t.name for t in timers if t.kind == "timer" and t.rang_at is not None],
        "snoozed": [t.name.removesuffix(" alarm") for t in snoozed if t.rang_at is None],
        "alarms": {a.name: [a.rule.hour, a.rule.minute] for a in alarms if a.next_day is not None},
        "repeating": [a.name for a in alarms if a.rule.repeat],
        "alarms_cut_off": [a.name for a in alarms if a.rang_day is not None],
        "notes": [note.text for note in reversed(NoteTable(store).all())],
        "items": [item.item for item in ListTable(store).items(SHOPPING)],
    }


class Life:
    """One run of the device, from its start to its death."""

    def __init__(self, state_dir, pipe, seed, first_number):
        self._pipe = pipe
        self._luck = random.Random(seed)
        self._number = first_number
        self._store = Database(state_dir)
        self._names: dict[str, list[str]] = {letter: [] for letter in KINDS.values()}

    def say(self, what, **facts):
        """Tell the parent; what was told is true whatever happens next."""
        self._pipe.send({"what": what, "wall": wall_now().isoformat(), **facts})

    async def live(self, requests=None):
        (integrity,) = self._store.rows("PRAGMA integrity_check")[0]
        state = stored_state(self._store)
        self.say("start", integrity=integrity, state=state)
        self._names.update(
            t=state["running"] + state["snoozed"], a=list(state["alarms"]), i=state["items"]
        )
        self._bell = Bell(
            TimerService(TimerTable(self._store)),
            AlarmService(AlarmTable(self._store), zone=datetime.UTC),
        )
        self._bell.on_ring = self._on_ring
        context = ToolContext(
            bell=self._bell, volume=Volume(), notes=NoteTable(self._store),
            memories=MemoryTable(self._store), lists=ListTable(self._store),
        )  # fmt: skip
        self._box = ToolBox(BUILTIN_TOOLS, context)
        tasks = TaskOwner()
        tasks.start(self._bell.run(), "bell")
        while requests is None or requests > 0:
            await asyncio.sleep(self._luck.expovariate(1 / MEAN_PAUSE_S))
            tasks.raise_failure()
            await self._request()
            requests = None if requests is None else requests - 1
        await asyncio.sleep(LONGEST_WAIT_S)
        tasks.raise_failure()
        await tasks.aclose()
        await self._box.aclose()
        self.say("end", state=stored_state(self._store))
        self._store.close()

    def _on_ring(self, ring):
        rings = ring.rings if isinstance(ring, MissedRings) else (ring,)
        facts = [[each.occurrence, each.title] for each in rings]
        self.say("missed" if ring.missed else "ring", rings=facts)

        def finish():
            self.say("finishing", rings=facts)
            self._bell.finished(ring)
            self.say("finished", rings=facts)

        asyncio.get_running_loop().call_later(self._luck.choice([0, 5, 20]), finish)

    async def _request(self):
        call, about = self._choose()
        self.say("try", tool=call.name, arguments=call.arguments, about=about)
        result = await self._box.run(call)
        if not result.ok and "?" in result.content:
            result = await self._box.settle("yes") or result
        self.say(
            "done", tool=call.name, arguments=call.arguments, about=about, ok=result.ok,
            sentence=result.content,
        )  # fmt: skip

    def _choose(self):
        """Return a call, and the name of what it is about; "" for "whatever there is"."""
        luck = self._luck
        tool = luck.choice(
            ["set_timer"] * 5 + ["change_timer", "cancel_timer"] * 2
            + ["set_alarm"] * 4 + ["change_alarm", "cancel_alarm"] * 2 + ["snooze"] * 3
            + ["add_note"] * 3 + ["delete_note"] * 2 + ["add_item"] * 3 + ["remove_item"] * 2
            + (["clear_all"] if luck.random() < 0.3 else [])
        )  # fmt: skip
        if tool == "snooze":
            rings = self._bell.recent()
            alarms = [ring for ring in rings if ring.kind == "alarm"]
            about = (alarms or rings)[-1].title if rings else ""
            return ToolCall(tool, {"minutes": luck.randint(1, 20)}), about
        if tool == "clear_all":
            what = luck.choice(list(KINDS))
            return ToolCall(tool, {"what": what}), ""
        if tool == "delete_note":
            return ToolCall(tool, {}), ""
        letter = {"timer": "t", "alarm": "a", "note": "n", "item": "i"}[tool.rpartition("_")[2]]
        about = self._new(letter) if tool.startswith(("set", "add")) else self._old(letter)
        return ToolCall(tool, self._arguments(tool, about)), about

    def _new(self, letter):
        self._number += 1
        self._names[letter].append(f"{letter}{self._number}")
        return self._names[letter][-1]

    def _old(self, letter):
        return self._luck.choice(self._names[letter][-6:] or [f"{letter}0"])

    def _arguments(self, tool, name):
        luck = self._luck
        if tool in ("set_timer", "change_timer"):
            change = {"change": luck.choice(["to", "add"])} if tool == "change_timer" else {}
            return {**change, "minutes": luck.randint(0, 15), "seconds": 1, "name": name}
        if tool in ("set_alarm", "change_alarm"):
            at = wall_now() + datetime.timedelta(minutes=luck.randint(1, 90))
            period = "am" if at.hour < 12 else "pm"
            time = {"hour": at.hour % 12 or 12, "minute": at.minute, "period": period}
            repeat = {"repeat": luck.choice(["daily", "weekdays"])} if luck.random() < 0.2 else {}
            return {**time, **(repeat if tool == "set_alarm" else {}), "name": name}
        if tool in ("add_item", "remove_item"):
            return {"item": name}
        return {"text": name} if tool == "add_note" else {"name": name}


def live(state_dir, pipe, seed, first_number, started_at, requests=None):
    """Live until killed, or for that many requests and the week after."""
    try:
        pipe.send({"what": "born", "wall": started_at.isoformat()})
        run_virtual(Life(state_dir, pipe, seed, first_number).live(requests), started_at)
    finally:
        pipe.close()
