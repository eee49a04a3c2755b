"""Passages hold all that stands in a document, and none is longer than it may be."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from xtalk_edge.documents.splitting import (
    MOST_WORDS,
    OVERLAP_WORDS,
    WORD,
    Block,
    count_words,
    sentences,
    split,
)

WORDS = st.text("ab cd.ef!?\n\"')今何。é", max_size=400) | st.text(max_size=200)
LONG = st.integers(100, 400).map(lambda count: " ".join(f"w{number}" for number in range(count)))
BLOCKS = st.lists(st.builds(Block, WORDS | LONG, st.integers(0, 3)), max_size=12)


def words(text: str) -> list[str]:
    return WORD.findall(text)


def covered(whole: list[str], passages: list[list[str]]) -> bool:
    """Tell whether the passages are the whole, each beginning with a little of the one before."""
    ends = {0}
    for passage in passages:
        ends = {
            start + len(passage)
            for end in ends
            for start in range(max(0, end - OVERLAP_WORDS), end + 1)
            if whole[start : start + len(passage)] == passage and start + len(passage) > end
        }
    return len(whole) in ends


@given(st.lists(WORDS | LONG, max_size=8))
def test_no_word_of_any_paragraph_is_lost_or_moved(paragraphs: list[str]) -> None:
    found = split(Block(each) for each in paragraphs)
    whole = [word for paragraph in paragraphs for word in words(paragraph)]
    assert covered(whole, [words(each.text) for each in found])


@given(BLOCKS)
def test_passages_are_bounded_and_say_something(blocks: list[Block]) -> None:
    for passage in split(blocks):
        assert 0 < count_words(passage.text) <= MOST_WORDS


@given(BLOCKS)
def test_every_word_is_somewhere_headings_included(blocks: list[Block]) -> None:
    found = {
        word for each in split(blocks) for part in (*each.headings, each.text)
        for word in words(part)
    }  # fmt: skip
    assert found >= {word for block in blocks for word in words(block.text)}


def test_a_passage_ends_with_a_paragraph_and_knows_its_headings() -> None:
    paragraph = "It is long. " * 25
    found = split(
        [Block("House", 1), Block("First."), Block("Kitchen", 2), Block(paragraph),
         Block("Next."), Block("Garden", 2), Block("Empty", 2), Block("Attic", 1)]
    )  # fmt: skip
    assert [each.headings for each in found] == [
        ("House",), ("House", "Kitchen"), ("House", "Kitchen"), ("House", "Garden"),
        ("House", "Empty"), ("Attic",),
    ]  # fmt: skip
    assert found[2].text == "It is long.\nNext."
    assert [each.text for each in found[3:]] == ["Garden", "Empty", "Attic"]


def test_sentences_keep_their_closing_marks() -> None:
    assert sentences('He said "stop!" Then\nhe left. 今日は。はい。') == [
        'He said "stop!"', "Then", "he left.", "今日は。", "はい。",
    ]  # fmt: skip
