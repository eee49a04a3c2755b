"""A stream whose sound comes later and later has to be renewed, and no other."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from xtalk_edge.audio.lateness import LATE_S, Lateness


def late_at(lag_s: Callable[[float], float], seconds: float) -> float | None:
    """Return when a stream with that lag counts as late; None if it never does."""
    lateness = Lateness()
    for step in range(round(100 * seconds)):
        if lateness.is_late(lag_s(step / 100), step / 100):
            return step / 100
    return None


@given(st.floats(0, 0.5), st.lists(st.floats(0, 5), min_size=100, max_size=100))
@pytest.mark.slow
def test_single_late_blocks_are_no_late_sound(usual_s: float, extra_s: list[float]) -> None:
    # One block in ten comes in time.
    assert (
        late_at(
            lambda at_s: (
                usual_s + (extra_s[round(100 * at_s) % 100] if round(100 * at_s) % 10 else 0)
            ),
            10,
        )
        is None
    )


@given(st.floats(0, 0.5), st.floats(LATE_S + 0.01, 40))
@pytest.mark.slow
def test_a_stall_is_noticed_within_two_seconds(usual_s: float, more_s: float) -> None:
    found = late_at(lambda at_s: usual_s + (more_s if at_s >= 5 else 0), 10)
    assert found is not None
    assert 5 < found < 7.1


@given(st.floats(50e-6, 500e-6))
@pytest.mark.slow
def test_a_clock_that_runs_faster_is_noticed_once_it_matters(drift: float) -> None:
    found = late_at(lambda at_s: 0.02 + 100 * drift * at_s, 60)
    reached_s = LATE_S / (100 * drift)
    assert (found is not None) == (reached_s < 57) or abs(reached_s - 57) < 3
    assert found is None or reached_s < found < reached_s + 3


def test_a_device_that_is_always_late_is_left_alone() -> None:
    assert late_at(lambda _at_s: 0.4, 60) is None


def test_a_new_stream_begins_anew() -> None:
    lateness = Lateness()
    for step in range(300):
        assert not lateness.is_late(0.02, step / 100)
    lateness.restart()
    for step in range(300, 600):
        assert not lateness.is_late(0.4, step / 100)
