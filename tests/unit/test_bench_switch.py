"""`bench switch` exchanges engines in a running device, and judges by what is left behind."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from click.testing import CliRunner

from xtalk_edge.cli.bench import switch
from xtalk_edge.cli.bench.percentiles import percentiles

GOOD = switch.Row(
    slot="tts", type="x", took_ms=percentiles([5.0]), threads_before=8, threads_after=8,
    settled_mb=100.0, worst_mb=105.0,
)  # fmt: skip


@pytest.mark.parametrize(
    ("change", "passed"),
    [({}, True), ({"threads_after": 9}, False), ({"worst_mb": 105.1}, False)],
)
def test_each_limit_counts(change: dict[str, Any], passed: bool) -> None:
    assert replace(GOOD, **change).passed is passed


@pytest.mark.slow
def test_fifty_switches_leave_nothing_behind() -> None:
    result = CliRunner().invoke(switch.command, ["--switches", "50", "--json"])
    found = json.loads(result.stdout)
    assert [(row["slot"], row["type"]) for row in found["rows"]] == [
        ("tts", "espeak"),
        ("agent", "llama"),
    ]
    assert all(row["took_ms"]["count"] == 50 for row in found["rows"])
    assert found["passed"]
