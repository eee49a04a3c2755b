"""Speech is clear when the detector is sure of frames in a row."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from xtalk_edge.turn.clarity import IN_A_ROW_S, SURE, Clarity

FRAME_S = 0.032
NEEDED = round(IN_A_ROW_S / FRAME_S)


def heard(*probabilities: float, clear: bool = False) -> list[bool]:
    clarity = Clarity(FRAME_S)
    clarity.begin(clear=clear)
    return [clarity.hear(each) for each in probabilities]


def test_it_is_told_once_when_it_is_known() -> None:
    assert heard(*[1.0] * (NEEDED + 5)) == [False] * (NEEDED - 1) + [True] + [False] * 5


def test_what_halts_is_not_clear() -> None:
    assert not any(heard(*([1.0] * (NEEDED - 1) + [SURE - 0.01]) * 9))


def test_what_was_clear_from_the_beginning_is_not_told_again() -> None:
    assert not any(heard(*[1.0] * 100, clear=True))


def test_the_next_speech_begins_anew() -> None:
    clarity = Clarity(FRAME_S)
    for _ in range(2):
        clarity.begin(clear=False)
        assert not any(clarity.hear(1.0) for _ in range(NEEDED - 1))
    assert clarity.hear(1.0)
    assert clarity.clear


@pytest.mark.parametrize("frame_s", [0.016, 0.032, 0.5])
def test_frames_of_any_length_add_up_to_the_same_time(frame_s: float) -> None:
    clarity = Clarity(frame_s)
    clarity.begin(clear=False)
    count = next(n for n in range(1, 100) if clarity.hear(1.0))
    assert count == max(1, round(IN_A_ROW_S / frame_s))


@given(st.lists(st.floats(0, 1)))
def test_only_a_run_of_sure_frames_makes_it_clear(probabilities: list[float]) -> None:
    runs = "".join("x" if each >= SURE else "." for each in probabilities)
    assert any(heard(*probabilities)) == ("x" * NEEDED in runs)
