"""`bench bargein` judges the whole device by when it lowers its voice and falls silent."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from click.testing import CliRunner

from xtalk_edge.cli.bench import bargein, over_answer
from xtalk_edge.cli.bench.percentiles import Percentiles
from xtalk_edge.scenes.script import Room

GOOD = bargein.Row(
    echo_over_talker_db=0.0,
    talkers=20,
    noticed=15,
    ducked_ms=Percentiles(110.0, 220.0, 900.0, 15),
    silent_ms=Percentiles(500.0, 700.0, 900.0, 12),
    own_ducks=3,
    own_cuts=0,
)


def test_a_device_that_keeps_every_limit_passes() -> None:
    assert GOOD.passed
    assert replace(GOOD, silent_ms=None).passed


@pytest.mark.parametrize(
    "change",
    [
        {"noticed": 14},
        {"echo_over_talker_db": -10.0, "noticed": 17},
        {"ducked_ms": None},
        {"ducked_ms": Percentiles(111.0, 200.0, 300.0, 15)},
        {"ducked_ms": Percentiles(100.0, 221.0, 300.0, 15)},
        {"silent_ms": Percentiles(500.0, 701.0, 900.0, 12)},
        {"own_cuts": 1},
    ],
)
def test_each_limit_counts(change: dict[str, Any]) -> None:
    assert not replace(GOOD, **change).passed


@pytest.mark.slow
def test_a_talker_is_noticed_and_the_device_falls_silent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(over_answer, "LEVELS_DB", (-10.0,))
    monkeypatch.setattr(bargein, "TALKERS_A_ROOM", 1)
    monkeypatch.setattr(over_answer, "rooms", lambda _folder: {"small": Room()})
    result = CliRunner().invoke(bargein.command, ["--json"])
    told = json.loads(result.stdout)
    assert result.exit_code == (0 if told["passed"] else 1)
    [row] = told["rows"]
    assert (row["talkers"], row["noticed"], row["own_cuts"]) == (1, 1, 0)
    assert 0 < row["ducked_ms"]["p50"] < row["silent_ms"]["p50"] < 1_500
