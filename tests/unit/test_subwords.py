"""Phrases are spelled as sentencepiece spells them."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from xtalk_edge.engines.subwords import WORD_MARK, Subwords, read_subwords
from xtalk_edge.errors import ModelError

LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
FOUND = ["HE", f"{WORD_MARK}T", "LL", "HELL", f"{WORD_MARK}THE", f"{WORD_MARK}HE", "O"]
"""In the order in which byte-pair encoding found them; letters follow."""
TOKENS = {token: n for n, token in enumerate(["<blk>", *FOUND, WORD_MARK, *LETTERS]) if token}


@pytest.mark.parametrize(
    ("phrase", "pieces"),
    [
        ("hello", [WORD_MARK, "HELL", "O"]),
        ("the hill", [f"{WORD_MARK}THE", WORD_MARK, "H", "I", "LL"]),
        # A piece from inside a word is not the word.
        ("o", [WORD_MARK, "O"]),
        ("they", [f"{WORD_MARK}THE", "Y"]),
        ("", []),
    ],
)
def test_the_earliest_piece_is_joined_first(phrase: str, pieces: list[str]) -> None:
    assert Subwords(TOKENS).spelled(phrase) == pieces


@given(st.lists(st.text(LETTERS, min_size=1), min_size=1))
@pytest.mark.slow
def test_the_pieces_make_the_phrase(words: list[str]) -> None:
    pieces = Subwords(TOKENS).spelled(" ".join(words))
    assert pieces is not None
    assert "".join(pieces).split(WORD_MARK) == ["", *words]


@given(st.text())
@pytest.mark.slow
def test_any_text_is_spelled_with_tokens_or_not_at_all(text: str) -> None:
    pieces = Subwords(TOKENS).spelled(text)
    assert pieces is None or all(piece in TOKENS for piece in pieces)


def test_characters_are_words_of_their_own() -> None:
    mixed = Subwords({"<blk>": 0, "\u4f60": 1, "\u597d": 2, f"{WORD_MARK}hi": 3})
    assert mixed.spelled("\u4f60\u597d hi") == ["\u4f60", "\u597d", f"{WORD_MARK}hi"]
    assert mixed.spelled("\u4f60\u4eec") is None
    assert mixed.modeling_unit == "cjkchar+bpe"
    assert Subwords({"\u4f60": 0}).modeling_unit == "cjkchar"
    assert Subwords(TOKENS).modeling_unit == "bpe"


def test_tokens_in_one_case_are_asked_in_that_case() -> None:
    assert Subwords(TOKENS).cased("Oh") == "OH"
    assert Subwords({"a": 0, "b": 1}).cased("Oh") == "oh"
    assert Subwords({"a": 0, "B": 1}).cased("Oh") == "Oh"


def test_the_vocabulary_is_in_the_order_of_the_numbers() -> None:
    lines = list(Subwords({"b": 2, "<blk>": 0, "a": 1}).vocabulary())
    assert lines == ["a\t0\n", "b\t-1\n"]


def test_a_file_that_cannot_be_read_is_a_sentence(tmp_path: Path) -> None:
    path = tmp_path / "tokens.txt"
    with pytest.raises(ModelError, match=r"tokens\.txt"):
        read_subwords(path)
    path.write_text("a one\n")
    with pytest.raises(ModelError, match=r"tokens\.txt:1: must be a token and its number"):
        read_subwords(path)
    path.write_text("<blk> 0\na 1\n")
    assert read_subwords(path).spelled("a") is None
