"""Two courses of events are told apart where they differ, and nowhere else."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.recorder.parts import event
from xtalk_edge.recorder.difference import EXACT_S, LOOSE_S, Difference, differences

TURN = [
    event("VADSpeechStart", 1.0, at_sample=16_000, speech_probability=0.9),
    event("TurnStateChanged", 1.0, state="listening"),
    event("ASRResultPartial", 1.5, text="what", confidence=0.5),
    event("ASRResultFinal", 2.0, text="what time is it", confidence=0.93),
    event("ToolCallOccurred", 2.1, name="get_time", args={}),
    event("TTSPlaybackFinished", 4.0, text="It is noon."),
]


def changed(index: int, **fields: Any) -> list[dict[str, Any]]:
    return [{**each, **fields} if place == index else each for place, each in enumerate(TURN)]


@pytest.mark.parametrize("exact", [True, False])
def test_the_same_course_has_no_differences(exact: bool) -> None:
    assert differences(TURN, TURN, exact=exact) == []


def test_loosely_only_what_an_owner_would_notice_counts() -> None:
    assert differences(TURN, [*TURN[3:], TURN[1]], exact=False) != []
    without_partial = [each for each in TURN if each["event"] != "ASRResultPartial"]
    assert differences(TURN, without_partial, exact=False) == []
    assert differences(TURN, changed(3, confidence=0.2), exact=False) == []
    assert differences(TURN, changed(3, at_s=2.0 + LOOSE_S - 0.1), exact=False) == []


def test_loosely_a_text_and_a_long_delay_count() -> None:
    assert differences(TURN, changed(3, text="what a crime"), exact=False) == [
        Difference(2.0, "ASRResultFinal text='what time is it'", ""),
        Difference(2.0, "", "ASRResultFinal text='what a crime'"),
    ]
    (late,) = differences(TURN, changed(5, at_s=5.5), exact=False)
    assert late == Difference(4.0, "TTSPlaybackFinished text='It is noon.'",
                              "the same, 1.500 s later")  # fmt: skip


def test_exactly_everything_counts_but_rounding() -> None:
    close = changed(0, at_s=1.0 + EXACT_S / 2, speech_probability=0.9 + EXACT_S / 2)
    assert differences(TURN, close, exact=True) == []
    for other in (
        changed(0, at_sample=16_001),
        changed(0, speech_probability=0.8),
        changed(2, text="that"),
        changed(3, at_s=2.001),
        TURN[:-1],
        [*TURN, event("TTSStarted", 5.0)],
    ):
        assert differences(TURN, other, exact=True) != []


def test_figures_in_milliseconds_may_round_to_either_side() -> None:
    before = [event("LatencyMetricsUpdated", 1.0, audible_ms=20.0)]
    assert differences(before, [{**before[0], "audible_ms": 20.1}], exact=True) == []
    assert differences(before, [{**before[0], "audible_ms": 20.3}], exact=True) != []


def test_what_the_surroundings_did_is_never_compared() -> None:
    more = [event("LoopLagged", 0.5, lag_s=0.1), *TURN, event("CardEnded", 9.0, reason="x")]
    assert differences(TURN, more, exact=True) == []


def test_turns_are_counted_from_the_first_one_heard_of() -> None:
    later = [{**each, "turn_id": 57} for each in TURN]
    first = [{**each, "turn_id": 1} for each in TURN]
    assert differences(later, first, exact=True) == []
    mixed = [{**each, "turn_id": 1 + index % 2} for index, each in enumerate(TURN)]
    assert differences(later, mixed, exact=True) != []


courses = st.lists(
    st.builds(
        lambda name, at_s, text: event(name, at_s, text=text),
        st.sampled_from(["ASRResultFinal", "TTSPlaybackFinished", "TTSStarted"]),
        st.floats(0, 100),
        st.sampled_from(["a", "b"]),
    ),
    max_size=12,
)


@given(courses, courses)
def test_there_are_no_differences_just_where_both_are_the_same(
    before: list[dict[str, Any]], now: list[dict[str, Any]]
) -> None:
    found = differences(before, now, exact=True)
    same = [{**each, "at_s": 0} for each in before] == [{**each, "at_s": 0} for each in now]
    close = same and all(
        abs(a["at_s"] - b["at_s"]) <= EXACT_S for a, b in zip(before, now, strict=True)
    )
    assert (found == []) == close
    # Turned around, as much is missing as was too much.
    turned = differences(now, before, exact=True)
    assert bool(turned) == bool(found)
