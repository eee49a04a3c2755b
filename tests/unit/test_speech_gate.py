"""The speech gate: hysteresis, shortest speech, shortest silence, exact acoustic times."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from xtalk_edge.errors import ConfigError
from xtalk_edge.turn.facts import SpeechEnded, SpeechStarted
from xtalk_edge.turn.speech_gate import Limits, SpeechGate

FRAME_S = 0.032


def run(gate: Any, probabilities: Any) -> Any:
    told = []
    for i, probability in enumerate(probabilities):
        fact = gate.feed(probability, i * FRAME_S, (i + 1) * FRAME_S)
        if fact is not None:
            told.append((i, fact))
    return told


def gate(min_speech_s: Any = 3 * FRAME_S, min_silence_s: Any = 5 * FRAME_S) -> SpeechGate:
    return SpeechGate(0.5, 0.35, min_speech_s, min_silence_s)


def test_speech_is_told_with_its_acoustic_borders() -> None:
    told = run(gate(), [0.0] * 2 + [0.9] * 5 + [0.0] * 6)
    assert told == [(4, SpeechStarted(2 * FRAME_S)), (11, SpeechEnded(7 * FRAME_S))]


def test_a_click_is_not_speech() -> None:
    assert run(gate(), [0.9, 0.9, 0.0] * 5) == []


def test_the_shortest_speech_may_be_another_for_a_frame() -> None:
    hasty = gate()
    assert hasty.feed(0.9, 0.0, FRAME_S) is None
    assert hasty.feed(0.9, FRAME_S, 2 * FRAME_S, Limits(0.5, FRAME_S)) == SpeechStarted(0.0)


def test_weaker_speech_may_count_for_a_frame() -> None:
    hasty = gate()
    assert hasty.feed(0.3, 0.0, FRAME_S, Limits(0.4, FRAME_S)) is None
    assert hasty.feed(0.3, FRAME_S, 2 * FRAME_S, Limits(0.3, FRAME_S)) == SpeechStarted(FRAME_S)


def test_a_single_frame_is_enough_when_none_is_required() -> None:
    one_frame = gate(min_speech_s=0.0)
    assert one_frame.feed(0.5, 1.0, 1.032) == SpeechStarted(1.0)
    assert one_frame.is_open


def test_between_the_thresholds_speech_goes_on_but_does_not_begin() -> None:
    assert run(gate(), [0.4] * 10) == []
    told = run(gate(), [0.6] + [0.4] * 20 + [0.3] * 5)
    assert told == [(2, SpeechStarted(0.0)), (25, SpeechEnded(21 * FRAME_S))]


def test_a_short_silence_does_not_end_speech() -> None:
    told = run(gate(), [0.9] * 4 + [0.0] * 4 + [0.9] * 2)
    assert [type(fact) for _, fact in told] == [SpeechStarted]


def test_reset_forgets_open_speech() -> None:
    fresh = gate()
    run(fresh, [0.9] * 4)
    fresh.reset()
    assert not fresh.is_open
    assert run(fresh, [0.0] * 20) == []


def test_a_release_above_the_threshold_is_refused() -> None:
    with pytest.raises(ConfigError, match="lower it"):
        SpeechGate(0.5, 0.6, 0.1, 0.1)


@given(st.lists(st.sampled_from([0.0, 0.4, 0.9])))
@pytest.mark.slow
def test_starts_and_ends_alternate_in_time(probabilities: Any) -> None:
    facts = [fact for _, fact in run(gate(), probabilities)]
    assert [type(fact) for fact in facts] == [SpeechStarted, SpeechEnded] * (len(facts) // 2) + [
        SpeechStarted
    ] * (len(facts) % 2)
    times = [fact.at_s for fact in facts]
    assert times == sorted(times)
    for start, end in zip(facts[::2], facts[1::2], strict=False):
        assert end.at_s - start.at_s >= 3 * FRAME_S - 1e-6
