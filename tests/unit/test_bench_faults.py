"""`bench faults`: every kind of fault a few times, and what it is judged by."""

from __future__ import annotations

import asyncio
import contextlib
import json
import random
import signal
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from tests.pulse import needs_pulse
from xtalk_edge.cli.bench import fault_process, fault_room, faults
from xtalk_edge.cli.bench.fault_ledger import Ledger
from xtalk_edge.cli.bench.percentiles import Percentiles
from xtalk_edge.clock import run_virtual, wall_now
from xtalk_edge.config.load import load
from xtalk_edge.config.schema import Config
from xtalk_edge.store.database import Database
from xtalk_edge.store.timers import TimerTable

GOOD = faults.Row(
    kind="clock-jump",
    faults=10,
    recovered=10,
    listening_ms=Percentiles(100.0, 3_000.0, 9_000.0, 10),
    limit_ms=3_000.0,
    lost=(),
)

QUICK = (
    "wake.mode=always",
    "echo.type=none",
    "enhancer.type=none",
    "stop_word.type=none",
    "vad.type=tests.scripted:LoudnessVAD",
    "turn.think_ahead=false",
)
"""Ears that cost next to nothing: what is tested is not how well they hear."""

LIMIT_S = 3.0


@pytest.mark.parametrize(
    ("change", "passed"),
    [
        ({}, True),
        ({"recovered": 9}, False),
        ({"faults": 0, "recovered": 0}, False),
        ({"listening_ms": None}, False),
        ({"listening_ms": Percentiles(100.0, 3_001.0, 3_001.0, 10)}, False),
        ({"lost": ("timer of 600 s missing",)}, False),
    ],
)
def test_each_limit_counts(change: dict[str, Any], passed: bool) -> None:
    assert replace(GOOD, **change).passed is passed


@pytest.mark.parametrize(
    ("kept_s", "losses"),
    [
        ([600.0], ()),
        # Nobody was told of the second one yet.
        ([600.0, 60.0], ()),
        ([], ("timer of 600 s missing",)),
        ([600.0, 600.0], ("timer of 600 s that nobody set",)),
    ],
)
def test_a_timer_that_was_acknowledged_must_be_there_once(
    kept_s: list[float], losses: tuple[str, ...], tmp_path: Path
) -> None:
    ledger = Ledger()
    ledger.call("set_timer", {"minutes": 10})
    ledger.result("set_timer", ok=True)
    ledger.call("set_timer", {"seconds": 60})
    ledger.call("get_time", {})
    with contextlib.closing(Database(tmp_path)) as database:
        for length_s in kept_s:
            TimerTable(database).add("", length_s, wall_now())
    assert ledger.losses(tmp_path) == losses


def test_a_timer_that_was_over_may_be_gone(tmp_path: Path) -> None:
    async def scene() -> None:
        ledger = Ledger()
        ledger.call("set_timer", {"minutes": 2})
        ledger.result("set_timer", ok=True)
        with contextlib.closing(Database(tmp_path)):
            assert ledger.losses(tmp_path) == ("timer of 120 s missing",)
            await asyncio.sleep(120.0)
            assert ledger.losses(tmp_path) == ()

    run_virtual(scene())


def test_a_damaged_store_is_a_loss(tmp_path: Path) -> None:
    (tmp_path / "edge.sqlite3").write_bytes(bytes(range(256)) * 64)
    assert Ledger().losses(tmp_path)


def config_in(folder: Path, *changes: str) -> Config:
    return load(None, (*QUICK, f'store.state_dir="{folder}"', *changes))


IN_ROOM = (
    fault_room.stall_capture,
    fault_room.freeze_capture,
    fault_room.stall_playback,
    fault_room.unplug_card,
    fault_room.kill_engine,
    fault_room.block_loop,
    fault_room.fill_disk,
    fault_room.jump_clock,
)


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_in_the_room_one_device_comes_through_everything(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("STATE_DIRECTORY", str(tmp_path))
    config = config_in(tmp_path, 'tts.isolation="process"')
    came = run_virtual(fault_room.live(IN_ROOM, config, random.Random(7)))
    for fault, each in zip(IN_ROOM, came, strict=True):
        assert each.recovered, fault.__name__
        assert not each.lost, fault.__name__
        assert each.listening_s is not None
        # How long an engine takes to load is not for a test to judge.
        assert each.listening_s <= LIMIT_S or fault is fault_room.kill_engine, fault.__name__


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_a_program_that_was_killed_or_ended_begins_again_with_every_timer(tmp_path: Path) -> None:
    ends = (signal.SIGKILL, signal.SIGTERM)
    came = fault_process.hold(
        config_in(tmp_path), len(ends), random.Random(7), lambda _text: None, numbers=ends
    )
    assert [(each.recovered, each.lost) for each in came] == [(True, ())] * len(ends)
    assert all(each.listening_s for each in came)


@pytest.mark.slow
@pytest.mark.alone
@pytest.mark.parametrize(
    "kind", ["board-unplugged", pytest.param("sound-server-killed", marks=needs_pulse)]
)
def test_in_real_time_it_is_there_again_too(kind: str, tmp_path: Path) -> None:
    result = CliRunner().invoke(
        faults.command, ["--kind", kind, "--count", "1", "--json", *_set(QUICK)]
    )
    [row] = json.loads(result.stdout)["rows"]
    assert (row["kind"], row["recovered"], row["lost"]) == (kind, 1, [])
    assert row["listening_ms"]["count"] == 1


def _set(changes: tuple[str, ...]) -> list[str]:
    return [word for change in changes for word in ("--set", change)]
