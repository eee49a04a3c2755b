"""The heard-text ledger: what the loudspeaker played, in words."""

import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from xtalk_edge.engines.interfaces import WordMark
from xtalk_edge.turn.heard import HeardLedger, estimate_sounds

RATE_HZ = 48_000


def ledger(*clauses: Any) -> HeardLedger:
    made = HeardLedger(RATE_HZ)
    for clause in clauses:
        made.add_clause(*clause)
    return made


def test_nothing_was_heard_of_nothing() -> None:
    assert ledger().heard(10**9) == ""
    assert ledger().full_text == ""
    empty = ledger()
    empty.extend(100)
    assert empty.heard(100) == ""


def test_clauses_are_heard_one_after_the_other() -> None:
    reply = ledger(("Hello.", 1000, 1000), ("How are you?", 2000, 3000))
    assert reply.full_text == "Hello. How are you?"
    assert reply.heard(1000) == ""
    assert reply.heard(2000) == "Hello."
    assert reply.heard(3500) == "Hello. How are"
    assert reply.heard(5000) == reply.full_text


def test_a_word_is_heard_when_its_middle_was_audible() -> None:
    marks = [WordMark(0, 3, 0), WordMark(4, 7, 1000)]
    reply = ledger(("one two", 0, 3000, marks))
    assert [reply.heard(at) for at in (499, 500, 1999, 2000)] == ["", "one", "one", "one two"]


def test_marks_win_over_proportion() -> None:
    marks = [WordMark(0, 1, 0), WordMark(2, 3, 900)]
    assert ledger(("a b", 0, 1000, marks)).heard(800) == "a"
    assert ledger(("a b", 0, 1000)).heard(800) == "a b"


def test_marks_at_the_engine_rate_are_scaled() -> None:
    reply = HeardLedger(RATE_HZ)
    marks = [WordMark(0, 3, 0), WordMark(4, 7, 22050)]
    reply.add_clause("one two", 0, 2 * 48000, marks, ratio=48000 / 22050)
    assert reply.heard(23_999) == ""
    assert reply.heard(24_000) == "one"
    assert reply.heard(72_000) == "one two"


def test_words_between_marks_share_the_time_by_their_sounds() -> None:
    marks = [WordMark(0, 1, 0), WordMark(6, 7, 3000)]
    reply = ledger(("a b c d", 0, 4000, marks))
    assert reply.heard(1499) == "a"
    assert reply.heard(1500) == "a b"
    assert reply.heard(3499) == "a b c"


def test_two_marks_within_a_word_are_one_word() -> None:
    marks = [WordMark(0, 6, 200), WordMark(7, 11, 600), WordMark(12, 15, 1000)]
    reply = ledger(("twenty-five men", 0, 2000, marks))
    assert (reply.heard(599), reply.heard(600)) == ("", "twenty-five")


def test_marks_that_make_no_sense_tell_nothing() -> None:
    sensible = [WordMark(0, 1, 0), WordMark(2, 3, 500)]
    odd = [*sensible, WordMark(4, 5, 100), WordMark(90, 95, 700)]
    for at in range(0, 1001, 50):
        assert ledger(("a b c", 0, 1000, odd)).heard(at) == ledger(
            ("a b c", 0, 1000, sensible)
        ).heard(at)
    beyond = [WordMark(0, 1, 0), WordMark(2, 3, 5000)]
    assert ledger(("a b", 0, 1000, beyond)).heard(999) == ""
    assert ledger(("a b", 0, 1000, beyond)).heard(1000) == "a b"


def test_a_growing_clause_is_not_claimed_before_it_is_complete() -> None:
    reply = ledger(("This is a rather long clause", 0))
    reply.extend(4800)
    assert reply.heard(4800) == ""
    reply.extend(19_200)
    some = reply.heard(24_000)
    assert some.startswith("This") and some != reply.full_text
    reply.extend(24_000, complete=True)
    assert reply.heard(48_000) == reply.full_text


def test_a_growing_clause_uses_the_marks_it_has() -> None:
    reply = ledger(("one two", 0))
    reply.extend(2000, [WordMark(0, 3, 0), WordMark(4, 7, 1000)])
    assert reply.heard(500) == "one"
    assert reply.heard(2000) == "one"


def test_a_growing_clause_longer_than_expected_is_measured() -> None:
    reply = ledger(("a b", 0))
    reply.extend(RATE_HZ * 10)
    assert reply.heard(RATE_HZ * 4) == "a"


def test_the_next_clause_completes_the_one_before_and_starts_after_it() -> None:
    reply = ledger(("One", 0))
    reply.extend(1000)
    reply.add_clause("two", 400, 1000)
    assert reply.heard(1000) == "One"
    assert reply.heard(1400) == "One"
    assert reply.heard(1500) == "One two"


def test_text_without_sound_counts_with_what_follows_it() -> None:
    reply = ledger(("Yes.", 0, 1000), ("...", 1000, 0), ("", 1000, 10), ("No.", 1010, 1000))
    assert reply.heard(1000) == "Yes."
    assert reply.heard(1011) == "Yes. ..."
    assert reply.heard(2010) == reply.full_text == "Yes. ... No."


def test_unspaced_scripts_are_cut_between_characters() -> None:
    reply = ledger(("你好。", 0, 900), ("我在。", 900, 900))
    assert reply.full_text == "你好。我在。"
    assert reply.heard(300) == "你"
    assert reply.heard(900) == "你好。"


@pytest.mark.parametrize(
    ("word", "sounds"),
    [("a", 1), ("see", 2), ("hello", 4), ("42", 7), ("yes,", 4), ("你", 2.5), ("-", 2)],
)
def test_estimated_sounds(word: Any, sounds: Any) -> None:
    assert estimate_sounds(word) == sounds


WORDS = st.lists(
    st.text(alphabet="abeo12.,好。-", min_size=1, max_size=8), min_size=1, max_size=6
).map(" ".join)


@st.composite
def replies(draw: Any) -> Any:
    made = HeardLedger(RATE_HZ)
    at = draw(st.integers(0, 1000))
    start = at
    for text in draw(st.lists(WORDS, min_size=1, max_size=4)):
        frames = draw(st.integers(1, 5000))
        marks = draw(
            st.lists(
                st.builds(WordMark, st.integers(0, 20), st.just(0), st.integers(0, 6000)),
                max_size=4,
            )
        )
        ratio = draw(st.sampled_from([1.0, 0.5, 48000 / 22050]))
        if draw(st.booleans()):
            made.add_clause(text, at, frames, marks, ratio=ratio)
        else:
            made.add_clause(text, at, ratio=ratio)
            made.extend(frames // 2, marks)
            made.extend(frames - frames // 2, complete=draw(st.booleans()))
        at += frames + draw(st.integers(0, 100))
    made.extend(0, complete=True)
    return made, start, at


@given(replies(), st.lists(st.integers(-100, 30_000)))
def test_heard_text_only_grows_is_a_prefix_and_ends_at_a_word(reply: Any, frames: Any) -> None:
    made, start, end = reply
    assert made.heard(start) == ""
    assert made.heard(end) == made.full_text
    before = ""
    for at in sorted(frames):
        heard = made.heard(at)
        assert heard.startswith(before) and made.full_text.startswith(heard)
        after = made.full_text[len(heard) :]
        unspaced = set("好。") & set(made.full_text)
        assert not heard or not after or after[0] == " " or unspaced
        before = heard


@given(WORDS, st.integers(100, 5000), st.data())
def test_exact_marks_are_followed_exactly(text: Any, frames: Any, data: Any) -> None:
    words = text.split(" ")
    starts = sorted(
        data.draw(st.lists(st.integers(0, frames), min_size=len(words), max_size=len(words)))
    )
    if "好" in text:
        return
    offsets = [sum(len(w) + 1 for w in words[:i]) for i in range(len(words))]
    marks = [
        WordMark(offset, offset + len(word), at)
        for word, offset, at in zip(words, offsets, starts, strict=True)
    ]
    made = ledger((text, 0, frames, marks))
    for i, at in enumerate(starts):
        end = starts[i + 1] if i + 1 < len(starts) else frames
        middle = math.ceil((at + end) / 2)
        if middle > 0:
            assert len(made.heard(middle).split()) >= i + 1


@given(st.lists(st.sampled_from(["one", "two three", "Four.", ""]), max_size=4), st.integers(0, 99))
def test_a_clause_that_was_reworded_is_as_if_it_had_been_so_from_the_start(
    texts: list[str], at: int
) -> None:
    reworded, plain = ledger(("Before.", 0, 10)), ledger(("Before.", 0, 10))
    reworded.add_clause("first guess", 10)
    for text in texts:
        reworded.reword(text)
    plain.add_clause(texts[-1] if texts else "first guess", 10)
    for each in (reworded, plain):
        each.extend(60)
        each.add_clause("After.", 70, 20)
    assert reworded.full_text == plain.full_text
    assert reworded.heard(at) == plain.heard(at)
