"""The device talks for two minutes and never takes itself for somebody."""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner

from xtalk_edge.cli.bench import echo, self_hearing
from xtalk_edge.cli.bench.people import rooms

HARD = "large room, 20 ppm"
"""Reverberation, and a loudspeaker with a clock of its own: most is left of the echo."""


def test_two_minutes_of_its_own_voice_are_nobodys(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(self_hearing, "LEVELS_DB", (0.0,))
    monkeypatch.setattr(echo, "rooms", lambda folder: {HARD: rooms(folder)[HARD]})
    result = CliRunner().invoke(echo.command, ["--full", "--minutes", "2", "--json"])
    told = json.loads(result.stdout)
    assert (result.exit_code, told["passed"]) == (0, True)
    [row] = told["rows"]
    assert (row["cuts"], row["stops"], row["turns"], row["words"]) == (0, 0, 0, [])
    assert row["ducks"] <= 2
