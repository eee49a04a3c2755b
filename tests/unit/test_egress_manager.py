"""The ledger is written seldom, and the owner's word is obeyed from wherever it comes."""

import asyncio
import contextlib
import datetime
import logging

import pytest

from tests.unit.manager_parts import Log, turns_of_the_loop
from xtalk_edge.bus import EventBus
from xtalk_edge.clock import run_virtual
from xtalk_edge.config.places import StoreConfig
from xtalk_edge.config.schema import Config
from xtalk_edge.errors import EdgeError
from xtalk_edge.events import OfflineChanged
from xtalk_edge.managers.egress import LOOK_EVERY_S, WRITE_EVERY_S, EgressManager
from xtalk_edge.net.border import Border
from xtalk_edge.store.database import Database
from xtalk_edge.tools.device.owners_border import open_border

NOON = datetime.datetime(2026, 5, 4, 12, tzinfo=datetime.UTC)
HOST = "a.example"


@contextlib.asynccontextmanager
async def managed(folder):
    """Open a border, and a manager that keeps its ledger."""
    config = Config(store=StoreConfig(str(folder)))
    bus = EventBus()
    log = Log(bus)
    with open_border(config, Border()) as border:
        manager = EgressManager(event_bus=bus, config=config, border=border)
        await manager.start()
        try:
            yield border, log
        finally:
            await manager.shutdown()
            await bus.aclose()


def on_disk(folder):
    """Return what another program reads in the ledger."""
    with contextlib.closing(Database(folder)) as store:
        return store.rows("SELECT day, n_bytes FROM egress ORDER BY day")


def test_what_was_sent_is_written_every_so_often(tmp_path):
    async def go():
        async with managed(tmp_path) as (border, _):
            border.border.send(HOST, "text", 5)
            await asyncio.sleep(WRITE_EVERY_S - 1)
            before = on_disk(tmp_path)
            await asyncio.sleep(2)
            after = on_disk(tmp_path)
            border.border.send(HOST, "text", 6)
            return before, after

    assert run_virtual(go(), NOON) == ([], [("2026-05-04", 5)])
    # And the rest at the end.
    assert on_disk(tmp_path) == [("2026-05-04", 11)]


def test_at_midnight_a_day_is_closed(tmp_path):
    async def go():
        async with managed(tmp_path) as (border, _):
            border.border.send(HOST, "text", 1)
            await asyncio.sleep(100.5)
            border.border.send(HOST, "text", 20)
            await asyncio.sleep(WRITE_EVERY_S)
            return on_disk(tmp_path)

    before_midnight = NOON.replace(hour=23, minute=58, second=20)
    assert run_virtual(go(), before_midnight) == [("2026-05-04", 1), ("2026-05-05", 20)]


def test_the_command_lines_word_is_obeyed_and_told(tmp_path):
    async def go():
        async with managed(tmp_path) as (border, log):
            with open_border(Config(store=StoreConfig(str(tmp_path))), Border()) as command:
                command.offline.turn_on()
            open_before = border.border.is_open("text")
            await asyncio.sleep(LOOK_EVERY_S)
            await turns_of_the_loop()
            open_after = border.border.is_open("text")
            border.offline.turn_off()
            border.offline.turn_off()
            await turns_of_the_loop()
            return open_before, open_after, [each.offline for each in log.all_of(OfflineChanged)]

    assert run_virtual(go(), NOON) == (True, False, [True, False])


def test_nobody_is_told_once_it_has_ended(tmp_path):
    async def go():
        async with managed(tmp_path) as (border, log):
            pass
        border.border.offline = True
        return log.all_of(OfflineChanged)

    assert run_virtual(go(), NOON) == []


def test_trouble_with_the_disk_is_logged_once_and_survived(tmp_path, monkeypatch, caplog):
    caplog.set_level(logging.INFO)

    async def go():
        async with managed(tmp_path) as (border, _):
            border.border.send(HOST, "text", 5)
            with monkeypatch.context() as patch:
                patch.setattr(border.ledger, "_table", Refusing())
                await asyncio.sleep(3 * WRITE_EVERY_S)
            await asyncio.sleep(WRITE_EVERY_S + 1)
            return on_disk(tmp_path)

    assert run_virtual(go(), NOON) == [("2026-05-04", 5)]
    told = [each.message for each in caplog.records]
    assert told == ["what leaves the device cannot be written down: the disk is full"]


class Refusing:
    def add(self, *_):
        raise EdgeError("the disk is full")


@pytest.mark.parametrize("offline", [True, False])
def test_a_start_offline_is_in_the_log(tmp_path, caplog, offline):
    caplog.set_level(logging.INFO)

    async def go():
        if offline:
            with open_border(Config(store=StoreConfig(str(tmp_path))), Border()) as command:
                command.offline.turn_on()
        async with managed(tmp_path):
            pass

    run_virtual(go(), NOON)
    assert bool(caplog.records) is offline
