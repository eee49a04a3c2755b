"""The clause splitter: where texts are cut for speaking."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from xtalk_edge.turn.clauses import ClauseSplitter

LONGEST = 200


def split(text: Any, sizes: Any = ()) -> list[str]:
    splitter = ClauseSplitter()
    clauses, at = [], 0
    for size in sizes:
        clauses += splitter.push(text[at : at + size])
        at += size
    clauses += splitter.push(text[at:])
    rest = splitter.flush()
    return clauses + ([rest] if rest else [])


def squeezed(text: Any) -> str:
    return "".join(text.split())


@pytest.mark.parametrize(
    "whole",
    [
        "It costs 3.5 euros",
        "It is 10:30 now",
        "Take fruit, e.g. apples",
        "Ask Dr. Smith",
        "Wake me at 7 a.m. on Monday",
        "The U.S. is large",
        "Well... I think so",
        "Well… I think so",
        "See https://x.y/z?a=1,2;b for more",
        "That is 1,000 metres",
        "J. K. Rowling wrote it",
        "1. Mix the flour",
        "She has a Ph.D. in physics",
        'He is "Mr. X" to me',
    ],
)
def test_these_marks_do_not_end_a_clause(whole: Any) -> None:
    # "fruit," is a short first clause: look at what comes after the first word is spoken.
    assert split("Yes. " + whole)[1:] == [whole]


@pytest.mark.parametrize(
    ("text", "clauses"),
    [
        ("Sure, the light is on now.", ["Sure,", "the light is on now."]),
        ("Yes. No. Maybe!", ["Yes.", "No.", "Maybe!"]),
        ("What?! Really?", ["What?!", "Really?"]),
        ('He said "stop." Then he left.', ['He said "stop."', "Then he left."]),
        ("So do I. Then go.", ["So do I.", "Then go."]),
        ("One\ntwo\n\nthree", ["One", "two", "three"]),
        ("Yes. Red, green, blue, white, grey.", ["Yes.", "Red, green, blue, white,", "grey."]),
        ("Yes. Take these two things: salt.", ["Yes.", "Take these two things:", "salt."]),
        ("! Hello. You", ["! Hello.", "You"]),
        ("... Hello", ["... Hello"]),
        ("今天天气很好。我们走吧！", ["今天天气很好。", "我们走吧！"]),
        ("好的，我马上打开灯，请等一下。", ["好的，", "我马上打开灯，", "请等一下。"]),
        ("好。一、二、三、四。", ["好。", "一、二、三、四。"]),
        ("「好的。」他说。", ["「好的。", "」他说。"]),
        ("Hello. ...", ["Hello.", "..."]),
        ("", []),
        (" \n ", []),
        ("etc. and so on", ["etc. and so on"]),
    ],
)
def test_clauses(text: Any, clauses: Any) -> None:
    assert split(text) == clauses


def test_a_mark_at_the_end_waits_for_what_follows() -> None:
    splitter = ClauseSplitter()
    assert splitter.push("It is 3.") == []
    assert splitter.push("5 degrees.") == []
    assert splitter.push(" ") == ["It is 3.5 degrees."]
    assert splitter.flush() is None


def test_marks_of_unspaced_scripts_do_not_wait() -> None:
    assert ClauseSplitter().push("好的。") == ["好的。"]


def test_after_a_flush_the_first_clause_may_be_short_again() -> None:
    splitter = ClauseSplitter()
    assert splitter.push("Sure, let me see whether it works, ") == [
        "Sure,",
        "let me see whether it works,",
    ]
    assert splitter.push("well, ") == []
    assert splitter.flush() == "well,"
    assert splitter.push("Sure, ") == ["Sure,"]


def test_endless_text_is_cut_at_spaces() -> None:
    clauses = split("word " * 300)
    assert all(len(clause) <= LONGEST and not clause.startswith("ord") for clause in clauses)
    assert len(clauses) == 8


def test_an_endless_word_is_cut_too() -> None:
    assert [len(clause) for clause in split("x" * 450)] == [200, 200, 50]


TEXT = st.text(alphabet=st.one_of(st.sampled_from("aB1 .,!?;:…\n'\")。，！」x"), st.characters()))


@given(TEXT, st.lists(st.integers(0, 7)))
def test_pieces_never_change_the_clauses_and_nothing_is_lost(text: Any, sizes: Any) -> None:
    clauses = split(text, sizes)
    assert clauses == split(text)
    assert squeezed("".join(clauses)) == squeezed(text)
    assert all(clause == clause.strip() and 0 < len(clause) <= LONGEST for clause in clauses)
    assert all(any(char.isalnum() for char in clause) for clause in clauses[:-1])


@given(st.lists(st.sampled_from(["yes", "3.5", "Dr.", "a,", "so.", "x" * 250, "\n"])))
def test_long_texts_obey_too(words: Any) -> None:
    text = " ".join(words)
    clauses = split(text)
    assert squeezed("".join(clauses)) == squeezed(text)
    assert all(len(clause) <= LONGEST for clause in clauses)
