"""`bench recover` judges by who was answered and how soon the engine was back."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from click.testing import CliRunner

from xtalk_edge.cli.bench import recover
from xtalk_edge.cli.bench.percentiles import Percentiles

GOOD = recover.Row(
    slot="tts", killed=10, answered=10, recovered_ms=Percentiles(100.0, 3_000.0, 9_000.0, 10)
)


@pytest.mark.parametrize(
    ("change", "passed"),
    [
        ({}, True),
        ({"answered": 9}, False),
        ({"killed": 0, "answered": 0}, False),
        ({"recovered_ms": None}, False),
        ({"recovered_ms": Percentiles(100.0, 3_001.0, 3_001.0, 10)}, False),
    ],
)
def test_each_limit_counts(change: dict[str, Any], passed: bool) -> None:
    assert replace(GOOD, **change).passed is passed


@pytest.mark.slow
def test_every_question_is_answered_whoever_dies() -> None:
    result = CliRunner().invoke(recover.command, ["--kills", "1", "--json"])
    rows = {row["slot"]: row for row in json.loads(result.stdout)["rows"]}
    assert set(rows) == {"asr", "tts", "agent"}
    for row in rows.values():
        assert row["killed"] == row["answered"] == row["recovered_ms"]["count"] == 1
