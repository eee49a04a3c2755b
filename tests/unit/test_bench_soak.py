"""`bench soak` judges by lost sound, a late loop, growing memory and questions it was deaf to."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from xtalk_edge.audio.core import AudioCore
from xtalk_edge.cli.bench import soak
from xtalk_edge.cli.bench.holdings import Kept, course

STEADY = course([0.0, 1.0], 2 * [Kept(tasks=10, files=48, threads=17, memory_mb=240.0)])
NOTHING = soak.Xruns(input_overflows=0, output_underflows=0, lost_ms=0.0, starved_ms=0.0)
GOOD = soak.Row(
    minutes=20.0, turns=60, heard=60, answered=55, right=54, xruns=NOTHING, loop_lag_p50_ms=0.5,
    loop_lag_p99_ms=20.0, loop_lag_worst_ms=80.0, held=STEADY, voice_to_voice_ms=None,
)  # fmt: skip


@pytest.mark.parametrize(
    ("change", "passed"),
    [
        ({}, True),
        ({"heard": 59}, False),
        ({"turns": 0, "heard": 0}, False),
        ({"xruns": replace(NOTHING, input_overflows=1)}, False),
        ({"xruns": replace(NOTHING, output_underflows=1)}, False),
        ({"xruns": replace(NOTHING, lost_ms=0.1)}, False),
        ({"xruns": replace(NOTHING, starved_ms=10.0)}, False),
        ({"loop_lag_p99_ms": 51.0}, False),
        ({"held": replace(STEADY, last_mb=253.0)}, False),
    ],
)
def test_each_limit_counts(change: dict[str, Any], passed: bool) -> None:
    assert replace(GOOD, **change).passed is passed


def test_nothing_that_it_asks_rings_later() -> None:
    asked = soak._questions(60, seed=1)
    assert len(asked) == 60
    assert not [each.text for each in asked if any(word in each.text for word in soak.RINGING)]


def test_only_what_was_lost_meanwhile_counts() -> None:
    before = AudioCore(16_000).counters()
    after = replace(
        before, input_overflows=2, output_underflows=1, device_lost_frames=160,
        capture_lost_frames=16, playback_starved_frames=320,
    )  # fmt: skip
    assert soak._lost(before, after, 16_000) == soak.Xruns(2, 1, 11.0, 20.0)
    assert soak._lost(after, after, 16_000).none
