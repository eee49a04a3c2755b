"""When marks are put into a text, and when the text stays as it was."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from xtalk_edge.turn.marks import lacks_marks, same_words
from xtalk_edge.turn.phrases import spoken_words


@pytest.mark.parametrize("text", ["hello", "it's half past nine", "你好吗", "turn it up"])
def test_a_text_of_bare_words_lacks_marks(text: str) -> None:
    assert lacks_marks(text)


@pytest.mark.parametrize("text", ["", " ", "Hello.", "well, no", "你好吗？", "?", "at 9:30"])
def test_a_text_with_a_mark_or_without_words_does_not(text: str) -> None:
    assert not lacks_marks(text)


def test_marks_and_capitals_are_taken() -> None:
    assert same_words("what time is it", " What time is it? ") == "What time is it?"
    assert same_words("你好吗", "你好，吗？") == "你好，吗？"


@pytest.mark.parametrize("marked", ["", "What is it?", "What time is it now?", "Time what is it?"])
def test_a_network_that_changes_words_is_not_believed(marked: str) -> None:
    assert same_words("what time is it", marked) == "what time is it"


@given(st.text(), st.text())
def test_the_words_are_always_those_that_were_said(text: str, marked: str) -> None:
    assert spoken_words(same_words(text, marked)) == spoken_words(text)
