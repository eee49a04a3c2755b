"""The remains of the device's own voice are told from a talker by how much was taken away."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from xtalk_edge.turn.clear_speech import PROVEN_S, REMEMBERED_S
from xtalk_edge.turn.own_voice import ALREADY_DB, ECHO_LASTS_S, LEARNING_DB, LEARNING_S, OwnVoice

FRAME_S = 0.032
TALKER = 1_000.0**2
"""Mean square of somebody in the room."""


def frames_of(seconds: float) -> int:
    return math.ceil(seconds / FRAME_S)


def judged(
    frames: list[tuple[float, float, bool]], removed_db: float = 12.0, *, speaking: bool = False
) -> list[bool]:
    """Return what a judge who knows the room says of each frame."""
    own = OwnVoice(FRAME_S, removed_db)
    learnt, forgotten = (0.0, 0.0, True), (0.0, 0.0, False)
    for raw, clean, sounding in [learnt] * frames_of(LEARNING_S) + [forgotten] * frames_of(1.0):
        own.is_all(raw, clean, 0.0, sounding=sounding, speaking=False)
    assert not own.learning
    return [
        own.is_all(raw, clean, 0.0, sounding=sounding, speaking=speaking)
        for raw, clean, sounding in frames
    ]


@given(st.lists(st.tuples(st.floats(0, 1e9), st.floats(0, 1e9))))
@pytest.mark.slow
def test_with_a_silent_loudspeaker_nothing_is_its_own_voice(
    frames: list[tuple[float, float]],
) -> None:
    assert not any(judged([(raw, clean, False) for raw, clean in frames]))


@given(st.floats(1.0, 1e9), st.floats(-40.0, -12.5), st.integers(1, 30))
@pytest.mark.slow
def test_what_was_mostly_taken_away_was_echo(raw: float, left_db: float, frames: int) -> None:
    clean = raw * 10 ** (left_db / 10)
    assert all(judged([(raw, clean, True)] * frames))


@given(st.floats(-20.0, 9.0))
@pytest.mark.slow
def test_a_talker_up_to_nine_decibels_below_the_echo_counts(echo_db: float) -> None:
    echo = TALKER * 10 ** (echo_db / 10)
    frames = [(echo, echo / 1_000, True)] * 20 + [(echo + TALKER, TALKER, True)] * 10
    assert judged(frames)[:20] == [True] * 20
    assert not judged(frames)[-1]


def test_the_reverberation_of_a_loud_word_is_held_against_the_word() -> None:
    word, tail = (TALKER, TALKER / 1_000, True), (TALKER / 20, TALKER / 40, True)
    assert judged([word] * 5 + [tail] * 4)[-1]
    assert not judged([tail] * 20)[-1]


def test_whoever_speaks_already_may_have_weak_syllables() -> None:
    weak = [(TALKER, TALKER / 50, True)] * 10
    assert all(judged(weak))
    assert not any(judged(weak, speaking=True))
    assert all(judged([(TALKER, TALKER / 500, True)] * 10, speaking=True))


def test_echo_outlasts_the_loudspeaker() -> None:
    quiet = round(2 * ECHO_LASTS_S / FRAME_S)
    told = judged([(TALKER, TALKER / 1_000, True)] + [(TALKER, TALKER / 1_000, False)] * quiet)
    assert told == [True] * round(ECHO_LASTS_S / FRAME_S) + [False] * (
        quiet + 1 - round(ECHO_LASTS_S / FRAME_S)
    )


def test_nothing_taken_away_is_never_its_own_voice() -> None:
    assert not any(judged([(TALKER, TALKER, True)] * 10))


@given(st.floats(LEARNING_DB + 0.5, 40.0), st.booleans())
def test_while_it_learns_the_room_less_proves_its_own_voice(
    removed_db: float, speaking: bool
) -> None:
    own = OwnVoice(FRAME_S, 12.0)
    left = TALKER * 10 ** (-removed_db / 10)
    for _ in range(frames_of(LEARNING_S) - 1):
        # Whoever speaks already is believed as long as usual.
        proven = removed_db > (12.0 + ALREADY_DB if speaking else LEARNING_DB)
        assert own.is_all(TALKER, left, 0.0, sounding=True, speaking=speaking) == proven
        assert own.learning


def test_while_it_learns_the_room_a_talker_as_loud_as_the_echo_counts() -> None:
    own = OwnVoice(FRAME_S, 12.0)
    for _ in range(20):
        assert own.is_all(TALKER, TALKER / 100, 0.0, sounding=True, speaking=False)
    told = [own.is_all(2 * TALKER, TALKER, 0.0, sounding=True, speaking=False) for _ in range(10)]
    assert not told[-1]


def test_only_its_own_voice_teaches() -> None:
    own = OwnVoice(FRAME_S, 12.0)
    for _ in range(frames_of(10 * LEARNING_S)):
        own.is_all(TALKER, TALKER, 0.0, sounding=False, speaking=False)
    assert own.learning


WEAK = TALKER / 50
"""Of a talker, 17 dB below the echo: what the cancellers leave of a first consonant."""


def talk(own: OwnVoice, seconds: float, left: float = TALKER / 10_000) -> None:
    """Let the device talk, and the cancellers leave so much."""
    for _ in range(frames_of(seconds)):
        own.is_all(TALKER, left, 0.0, sounding=True, speaking=False)


def hears(own: OwnVoice, left: float, frames: int = 4) -> bool:
    """Tell whether somebody is heard in frames that sound like speech."""
    told = [own.is_all(TALKER, left, 0.9, sounding=True, speaking=False) for _ in range(frames)]
    return not told[-1]


def test_a_weak_consonant_is_believed_in_a_room_that_has_proven_itself() -> None:
    own = OwnVoice(FRAME_S, 12.0)
    talk(own, LEARNING_S + 1.0)
    assert not hears(own, WEAK)
    own = OwnVoice(FRAME_S, 12.0)
    talk(own, LEARNING_S + PROVEN_S + 0.1)
    assert hears(own, WEAK)
    assert not hears(own, TALKER / 1_000, frames=9)


def test_a_room_where_its_own_voice_sounds_like_that_is_not_trusted_for_a_while() -> None:
    own = OwnVoice(FRAME_S, 12.0)
    talk(own, LEARNING_S + PROVEN_S + 0.1)
    for _ in range(2):
        hears(own, WEAK)
        talk(own, 1.0)
    assert not hears(own, WEAK)
    talk(own, REMEMBERED_S + 1.0)
    assert hears(own, WEAK)


def test_people_who_then_speak_up_cost_no_trust() -> None:
    own = OwnVoice(FRAME_S, 12.0)
    talk(own, LEARNING_S + PROVEN_S + 0.1)
    for _ in range(20):
        assert hears(own, WEAK)
        assert hears(own, TALKER / 2)
        # The end of the word, and what the room makes of it.
        hears(own, WEAK)
        talk(own, 1.0)


def test_what_is_no_speech_is_no_doubt() -> None:
    own = OwnVoice(FRAME_S, 12.0)
    talk(own, LEARNING_S + PROVEN_S + 0.1, left=WEAK)
    assert hears(own, WEAK)
