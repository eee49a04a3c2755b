"""What is known of a turn at a server that hears, in whatever order it tells it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from xtalk_edge.uplink.full.spoken_share import sounds_of
from xtalk_edge.uplink.full.turn import LONGEST_S, FullTurn, Told, length_ms
from xtalk_edge.uplink.xtalk.facts import (
    Fact,
    Heard,
    Hearing,
    Rejected,
    ReplyOver,
    ReplySound,
    ReplyText,
    ReplyTextComplete,
    Stopped,
    Unanswered,
)
from xtalk_edge.uplink.xtalk.messages import ServerError, ToolCalled

HEARD = Heard("hello", is_receipt=False)
TEXT = "It is ten past four. The sun is out."


def turn_at_server() -> FullTurn:
    turn = FullTurn(1, 0)
    turn.told = Told.END
    return turn


def sound(ms: int, rate_hz: int = 48_000) -> ReplySound:
    return ReplySound(bytes(2 * rate_hz * ms // 1000), rate_hz, 1, None, "")


FACTS: st.SearchStrategy[Fact] = st.one_of(
    st.sampled_from([HEARD, Rejected(), ReplyOver(), Stopped(), ReplyTextComplete(TEXT)]),
    st.sampled_from([Hearing("he"), ToolCalled("web", ""), ServerError("no"), Unanswered("reply")]),
    st.integers(0, len(TEXT)).map(lambda n: ReplyText("", TEXT[:n])),
    st.integers(0, 400).map(sound),
)
DEEDS = st.lists(FACTS | st.sampled_from(["play", "lost"]), max_size=30)


@given(DEEDS)
def test_nothing_is_played_twice_or_before_the_turn_was_understood(deeds: list[object]) -> None:
    turn = turn_at_server()
    given_ms = told_ms = 0.0
    for deed in deeds:
        if deed == "lost":
            turn.fail("the server was lost")
        elif deed == "play":
            if (piece := turn.next_sound()) is not None:
                given_ms += length_ms(piece)
                turn.heard(length_ms(piece))
        else:
            assert not isinstance(deed, str)
            turn.take(deed)  # type: ignore[arg-type]
            told_ms += length_ms(deed) if isinstance(deed, ReplySound) else 0.0
        assert given_ms <= told_ms
        assert turn.understood is not None or given_ms == 0.0
        assert turn.unheard_s >= 0.0
        assert TEXT.startswith(turn.text)
        assert turn.has_sound or given_ms == 0.0
        # One without sound is none.
        assert turn.has_sound or not turn.is_at_rest or turn.failure
    assert turn.signs >= sum(not isinstance(deed, str) for deed in deeds)


@given(st.integers(1, 5_000), st.booleans())
def test_words_told_before_their_sound_are_parted_between_clauses(ms: int, is_all: bool) -> None:
    turn = turn_at_server()
    facts: list[Fact] = [
        HEARD,
        ReplyText(TEXT, TEXT),
        sound(ms),
        *[ReplyTextComplete(TEXT)] * is_all,
    ]
    for fact in facts:
        turn.take(fact)
    turn.fail("the server was lost")
    first, second = "It is ten past four.", "The sun is out."
    known = [first, second] if is_all else [first]
    parted = [turn.text, turn.unsaid]
    assert parted in (["", " ".join(known)], [first, " ".join(known[1:])], [TEXT, ""])
    assert turn.knows_all == is_all
    # Nothing is missing where all was said.
    assert bool(turn.failure) == (not is_all or bool(turn.unsaid))


def test_words_are_parted_by_the_pace_of_the_server() -> None:
    slow = turn_at_server()
    for fact in (HEARD, ReplyText(TEXT, TEXT), sound(6_000), ReplyTextComplete(TEXT), ReplyOver()):
        slow.take(fact)
    turn = turn_at_server()
    turn.pace = slow.measured_pace or 0.0
    assert turn.pace == pytest.approx(sounds_of(TEXT) / 6.0)
    for fact in (HEARD, ReplyText(TEXT, TEXT), sound(3_000), ReplyTextComplete(TEXT)):
        turn.take(fact)
    turn.fail("the server was lost")
    assert (turn.text, turn.unsaid) == ("It is ten past four.", "The sun is out.")


@given(st.integers(1, len(TEXT)))
def test_words_told_behind_their_sound_are_said(n_letters: int) -> None:
    turn = turn_at_server()
    turn.take(HEARD)
    turn.take(sound(300))
    turn.heard(100)
    turn.take(ReplyText("", TEXT[:n_letters]))
    turn.fail("the server was lost")
    assert turn.text == TEXT[:n_letters]


def test_a_reply_without_end_is_cut() -> None:
    turn = turn_at_server()
    turn.take(HEARD)
    for _ in range(round(LONGEST_S) + 10):
        turn.take(sound(1_000))
    assert turn.is_over and not turn.is_at_rest and not turn.failure
    kept = 0
    while turn.next_sound() is not None:
        kept += 1
    assert kept <= LONGEST_S + 1


def test_a_reply_that_the_server_stops_ends_where_it_was_heard() -> None:
    turn = turn_at_server()
    for fact in (HEARD, ReplyText(TEXT, TEXT), sound(500), sound(500)):
        turn.take(fact)
    assert turn.next_sound() is not None
    turn.heard(500)
    turn.take(Stopped())
    assert turn.next_sound() is None and turn.unheard_s == 0.0
    assert turn.is_stopped and turn.is_over and turn.is_text_complete and not turn.failure


@given(st.lists(FACTS, max_size=10))
def test_what_comes_before_the_end_was_told_is_about_an_earlier_turn(facts: list[Fact]) -> None:
    turn = FullTurn(1, 0)
    turn.told = Told.BEGINNING
    for fact in facts:
        turn.take(fact)
    assert not (turn.is_understood or turn.has_sound or turn.text or turn.is_over)
    turn.told = Told.END
    turn.take(HEARD)
    assert turn.understood == "hello"
