"""Clauses are given on as they were written, and nothing of them is lost."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from xtalk_edge.turn.clauses import ClauseSplitter
from xtalk_edge.uplink.clauses import WholeClauses

PIECES = st.lists(st.text("ab1.,!?:; \n。、日本", max_size=12), max_size=12)


def test_what_may_be_cut_off_is_held_back() -> None:
    clauses = WholeClauses()
    assert clauses.push("It is noon. The s") == "It is noon. "
    assert clauses.push("un is out") == ""
    assert clauses.push(".  And ") == "The sun is out.  "
    assert clauses.rest() == "And "
    assert clauses.rest() == ""


@given(PIECES)
def test_it_is_the_same_text(pieces: list[str]) -> None:
    clauses = WholeClauses()
    given_on = [clauses.push(piece) for piece in pieces]
    assert "".join([*given_on, clauses.rest()]) == "".join(pieces)


@given(PIECES)
def test_what_is_given_on_ends_with_a_clause(pieces: list[str]) -> None:
    clauses, splitter = WholeClauses(), ClauseSplitter()
    given_on = "".join(clauses.push(piece) for piece in pieces)
    spoken = splitter.push("".join(pieces))
    assert given_on.split() == " ".join(spoken).split() or "".join(given_on.split()) == "".join(
        "".join(spoken).split()
    )
