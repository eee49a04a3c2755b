"""`bench stop` judges by who was heard and how soon the device was silent."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from click.testing import CliRunner

from xtalk_edge.cli.bench import over_answer, stop
from xtalk_edge.cli.bench.percentiles import Percentiles
from xtalk_edge.scenes.script import Line, Room

GOOD = stop.Row(
    echo_over_talker_db=0.0,
    said=20,
    stopped=19,
    silent_ms=Percentiles(150.0, 300.0, 900.0, 19),
    missed=("someone",),
)


@pytest.mark.parametrize(
    ("change", "passed"),
    [
        ({}, True),
        ({"stopped": 18}, False),
        ({"silent_ms": None}, False),
        ({"silent_ms": Percentiles(100.0, 301.0, 301.0, 19)}, False),
    ],
)
def test_each_limit_counts(change: dict[str, Any], passed: bool) -> None:
    assert replace(GOOD, **change).passed is passed


def test_every_voice_has_something_to_say() -> None:
    lines = stop.made_up()
    assert {line.says for line in lines} == set(stop.SAYINGS)
    assert len({line.voice for line in lines}) == len(lines) == 12


@pytest.mark.slow
def test_who_says_stop_is_obeyed_and_who_does_not_is_not(monkeypatch: pytest.MonkeyPatch) -> None:
    said = [Line(says="stop", voice="en-us+m3"), Line(sound="clap")]
    monkeypatch.setattr(over_answer, "LEVELS_DB", (-10.0,))
    monkeypatch.setattr(stop, "made_up", lambda: said)
    monkeypatch.setattr(over_answer, "rooms", lambda _folder: {"small": Room()})
    result = CliRunner().invoke(stop.command, ["--json"])
    [row] = json.loads(result.stdout)["rows"]
    assert (row["said"], row["stopped"]) == (2, 1)
    assert len(row["missed"]) == 1
    assert "clap" in row["missed"][0]
    assert row["silent_ms"]["worst"] < 500
    assert result.exit_code == 1
