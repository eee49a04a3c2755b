"""`bench endure` judges by how memory grows."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from click.testing import CliRunner

from xtalk_edge.cli.bench import endure

GOOD = endure.Row(
    engine="x", utterances=100, understood=90, settled_mb=100.0, worst_mb=105.0,
    real_time_factor=0.1,
)  # fmt: skip


@pytest.mark.parametrize(
    ("change", "passed"),
    [({}, True), ({"worst_mb": 105.1}, False), ({"understood": 0}, False)],
)
def test_each_limit_counts(change: dict[str, Any], passed: bool) -> None:
    assert replace(GOOD, **change).passed is passed


@pytest.mark.slow
def test_the_streaming_recogniser_endures() -> None:
    arguments = ["--utterances", "200", "--json", "--set", 'asr.type="sherpa-streaming"']
    result = CliRunner().invoke(endure.command, arguments)
    [row] = json.loads(result.stdout)["rows"]
    assert row["understood"] == 200
    assert row["settled_mb"] > 20
    assert row["passed"]
