"""Endpointing policies, and what sounds as if more is to come."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from xtalk_edge.turn.endpointing import AdaptiveSilence, Pause
from xtalk_edge.turn.unfinished import ends_in_number, sounds_unfinished

SECONDS = st.floats(0.0, 100.0)
TEXTS = (
    st.sampled_from(["", "set a timer for", "stop", "set a timer for ten", "turn on"]) | st.text()
)
ADAPTIVE = AdaptiveSilence(silence_s=0.6, request_s=0.4, unfinished_s=1.2)


@pytest.mark.parametrize(
    ("text", "is_request", "wait_s"),
    [
        ("", False, 1.2),
        ("what time is it", False, 0.6),
        ("what time is it", True, 0.4),
        ("set a timer for ten minutes", True, 0.4),
        ("set a timer for", False, 1.2),
        ("set a timer for", True, 1.2),
        ("set a timer for twenty", True, 0.6),
        ("set a timer for 20", True, 0.6),
        ("turn on", True, 1.2),
        ("turn the light on", True, 0.4),
        ("Add milk and ...", True, 1.2),
        ("um", False, 1.2),
    ],
)
def test_how_long_a_pause_may_be(text: str, is_request: bool, wait_s: float) -> None:
    assert ADAPTIVE.ends_at_s(Pause(0.0, 1.0, text, is_request=is_request)) == wait_s


@pytest.mark.parametrize(
    ("finished", "is_request", "wait_s"),
    [
        (0.0, False, 1.2),
        (0.09, True, 1.2),
        (0.1, False, 0.6),
        (0.39, True, 0.6),
        (0.4, True, 0.4),
        (1.0, False, 0.6),
        (1.0, True, 0.4),
    ],
)
def test_a_turn_detector_is_believed(finished: float, is_request: bool, wait_s: float) -> None:
    for text in ("set a timer for", "set a timer for ten"):
        pause = Pause(0.0, 1.0, text, is_request=is_request, finished=finished)
        assert ADAPTIVE.ends_at_s(pause) == wait_s


def test_while_more_is_about_to_become_known_it_is_waited_for() -> None:
    assert ADAPTIVE.ends_at_s(Pause(0.0, 1.0, "stop", pending=True, is_request=True)) == 1.2


def test_a_lowered_reply_is_not_kept_waiting_by_sounds_without_words() -> None:
    assert ADAPTIVE.ends_at_s(Pause(0.0, 1.0, "", over_reply=True)) == 0.6


@given(SECONDS, SECONDS, SECONDS, TEXTS, st.booleans())
@pytest.mark.slow
def test_a_request_never_waits_longer_nor_a_fragment_shorter(
    silence_s: float, request_s: float, unfinished_s: float, text: str, is_request: bool
) -> None:
    waits = AdaptiveSilence(silence_s, request_s, unfinished_s)
    ends_s = waits.ends_at_s(Pause(0.0, 1.0, text, is_request=is_request))
    if not text or sounds_unfinished(text):
        assert ends_s == max(unfinished_s, silence_s)
    elif is_request and not ends_in_number(text):
        assert ends_s == min(request_s, silence_s)
    else:
        assert ends_s == silence_s


@pytest.mark.parametrize(
    "text",
    ["add eggs and", "wake me at", "remind", "what's the", "switch off", "Set a timer for, um,"],
)
def test_a_sentence_hardly_ends_here(text: str) -> None:
    assert sounds_unfinished(text)


@pytest.mark.parametrize(
    "text", ["", "stop", "turn it up", "switch the fan off", "good night", "what can you do"]
)
def test_a_sentence_may_end_here(text: str) -> None:
    assert not sounds_unfinished(text)
