"""`bench press` presses a board's button and waits for the device to listen."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from click.testing import CliRunner

from tests.unit.test_cli import SCRIPTED
from xtalk_edge.cli.bench import press
from xtalk_edge.cli.bench.percentiles import percentiles

GOOD = press.Row(loss=0.2, took_ms=percentiles([5.0]), lost=0, repeated=9)


@pytest.mark.parametrize(
    ("change", "passed"),
    [({}, True), ({"lost": 1}, False), ({"took_ms": percentiles([201.0])}, False)],
)
def test_each_limit_counts(change: dict[str, Any], passed: bool) -> None:
    assert replace(GOOD, **change).passed is passed


@pytest.mark.slow
def test_every_press_is_felt() -> None:
    quick = [
        *("--set", f"asr.type={SCRIPTED}:ScriptedASR", "--set", "asr.texts=[]"),
        *("--set", f"agent.type={SCRIPTED}:ScriptedAgent", "--set", "agent.replies=[]"),
        *("--set", "echo.type=none", "--set", "enhancer.type=none"),
    ]
    result = CliRunner().invoke(
        press.command, ["--presses", "4", "--loss", "0.2", "--json", *quick]
    )
    found = json.loads(result.stdout)
    (row,) = found["rows"]
    assert (row["loss"], row["lost"], row["took_ms"]["count"]) == (0.2, 0, 4)
    # How long it took is for whoever runs the bench on a machine with nothing else to do.
    assert row["took_ms"]["p50"] > 0
