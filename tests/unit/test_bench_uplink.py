"""`bench uplink` judges by what grows and who is answered."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from click.testing import CliRunner

from xtalk_edge.cli.bench import uplink
from xtalk_edge.cli.bench.holdings import Kept
from xtalk_edge.cli.bench.percentiles import Percentiles

TIMES = Percentiles(1.0, 2.0, 3.0, 100)
KEPT = Kept(tasks=5, files=11, threads=3, memory_mb=50.0)
CYCLES = uplink.Cycles("cycles", 100, 100, settled=KEPT, worst=KEPT, reconnect_ms=TIMES)


@pytest.mark.parametrize(
    ("change", "passed"),
    [
        ({}, True),
        ({"made": 99}, False),
        ({"worst": replace(KEPT, tasks=6)}, False),
        ({"worst": replace(KEPT, files=12)}, False),
        ({"worst": replace(KEPT, memory_mb=50.9)}, True),
        ({"worst": replace(KEPT, memory_mb=51.1)}, False),
    ],
)
def test_each_limit_counts(change: dict[str, Any], passed: bool) -> None:
    assert replace(CYCLES, **change).passed is passed


@pytest.mark.parametrize(
    ("first_ms", "passed"), [(TIMES, True), (replace(TIMES, count=99), False), (None, False)]
)
def test_every_turn_has_an_answer(first_ms: Percentiles | None, passed: bool) -> None:
    assert uplink.Turns("text", 100, first_ms).passed is passed


@pytest.mark.slow
def test_connections_leave_nothing_behind_and_turns_are_answered(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # Each look collects garbage, of which a process full of tests has much.
    monkeypatch.setattr(uplink, "LOOKS", 5)
    result = CliRunner().invoke(uplink.command, ["--cycles", "60", "--turns", "3", "--json"])
    cycles, text, audio = json.loads(result.stdout)["rows"]
    assert cycles["made"] == 60
    assert cycles["worst"]["tasks"] == cycles["settled"]["tasks"]
    assert cycles["worst"]["files"] == cycles["settled"]["files"]
    assert text["first_ms"]["count"] == audio["first_ms"]["count"] == 3


@pytest.mark.slow
def test_a_server_that_is_not_there_answers_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(uplink, "PATIENCE_S", 2.0)
    result = CliRunner().invoke(uplink.command, ["--url", "ws://127.0.0.1:1/ws", "--turns", "3"])
    assert result.exit_code == 1
    assert "nothing listens" in result.stderr
    assert result.stdout.endswith("FAIL\n")
