"""`bench month` judges by what grows, who is unanswered, and how late anything rings."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import replace
from itertools import pairwise
from typing import Any

import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st

from xtalk_edge.cli.bench import month
from xtalk_edge.cli.bench.holdings import Kept, course
from xtalk_edge.cli.bench.month_plan import APART_S, DAY_S, HABITS, VOICES
from xtalk_edge.cli.bench.month_plan import month as planned

KEPT = Kept(tasks=30, files=35, threads=15, memory_mb=240.0)
STEADY = course([0.0, 1.0], [KEPT, KEPT])
GOOD = month.Row(
    days=30, questions=100, answered=100, understood=98, repeated=2, lost=(), rings=20,
    rings_timed=18, latest_ring_s=0.05, faults=60, losses=60, server_answers=3,
    held=STEADY, voice_to_voice_ms=None, heard_s=2_000.0, wall_s=300.0,
)  # fmt: skip


@pytest.mark.parametrize(
    ("change", "passed"),
    [
        ({}, True),
        ({"answered": 99}, False),
        ({"questions": 0, "answered": 0}, False),
        ({"latest_ring_s": 0.2}, False),
        ({"held": replace(STEADY, last_mb=253.0)}, False),
    ],
)
def test_each_limit_counts(change: dict[str, Any], passed: bool) -> None:
    assert replace(GOOD, **change).passed is passed


@settings(max_examples=30, deadline=None)
@given(st.integers(1, 40), st.integers(10, 200), st.integers(0, 10))
def test_a_month_has_its_questions_faults_and_losses(days: int, turns: int, seed: int) -> None:
    happenings = planned(days, turns, seed)
    kinds = Counter(each.kind for each in happenings)
    questions = [each for each in happenings if each.kind == "question"]
    assert len(questions) == turns
    assert kinds["server lost"] == kinds["server back"] == 2 * days
    faults = sum(kinds[kind] for kind in ("unplugged", "overrun", "stall"))
    within_turns = sum(each.fault_after_s is not None for each in questions)
    assert faults == days
    assert within_turns == min(days, turns)
    times = [each.at_s for each in happenings]
    assert times == sorted(times)
    assert times[0] >= 0.0
    asked = [each.at_s for each in questions]
    # Times of a month have steps of half a nanosecond.
    assert all(b - a >= APART_S - 1e-6 for a, b in pairwise(asked))
    assert all(each.says in HABITS and each.voice in VOICES for each in questions)
    assert happenings == planned(days, turns, seed), "the same seed, the same month"


def test_people_sleep_at_night() -> None:
    hours = [each.at_s % DAY_S / 3600 for each in planned(30, 2000, 1) if each.kind == "question"]
    assert sum(hour < 6 for hour in hours) < 0.03 * len(hours)
    assert sum(17 <= hour < 21 for hour in hours) > 0.25 * len(hours)


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_a_day_is_lived_through() -> None:
    """With the real starter engines: a slice of what a month is."""
    arguments = ["--days", "1", "--turns", "2", "--seed", "3", "--json"]
    result = CliRunner().invoke(month.command, arguments)
    assert result.exception is None or isinstance(result.exception, SystemExit), result.stderr
    (row,) = json.loads(result.stdout)["rows"]
    assert row["answered"] == row["questions"] == 2
    assert row["latest_ring_s"] <= month.LATE_S
    assert row["faults"] == row["losses"] == 2
    # Most of the time nobody talks, and is skipped.
    assert row["heard_s"] < 0.01 * DAY_S
    assert row["held"]["last"]["tasks"] <= row["held"]["first"]["tasks"]
    assert row["held"]["last"]["files"] <= row["held"]["first"]["files"]
