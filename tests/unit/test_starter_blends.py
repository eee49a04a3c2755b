"""Talk is changed so that it stays talk: as long, and with its small words where they were."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.starter.corpus.blends import KEPT, SHORTEST, blend

WORDS = st.text(alphabet="abcdehilnorst'", min_size=1, max_size=9)
TALK = st.lists(WORDS, min_size=1, max_size=12).map(" ".join)


def no_other() -> str:
    return ""


@given(TALK, st.integers(0, 10_000))
@pytest.mark.slow
def test_only_a_word_or_two_of_some_length_are_swapped(text: str, seed: int) -> None:
    words = text.split()
    blended = blend(text, no_other, random.Random(seed)).split()
    changed = [old for old, new in zip(words, blended, strict=True) if old != new]
    assert len(changed) <= 2
    assert all(len(word) >= SHORTEST for word in changed)


@given(st.integers(0, 10_000))
@pytest.mark.slow
def test_a_denial_stays(seed: int) -> None:
    text = "never don't didn't switch the kitchen light off"
    blended = blend(text, no_other, random.Random(seed)).split()
    assert [word for word in text.split() if word in KEPT] == [
        word for word in blended if word in KEPT
    ]


@given(TALK, TALK, st.integers(0, 10_000))
@pytest.mark.slow
def test_a_joined_sentence_begins_as_one_and_ends_as_the_other(
    first: str, second: str, seed: int
) -> None:
    words, others = first.split(), second.split()
    blended = blend(first, lambda: second, random.Random(seed)).split()
    if len(blended) == len(words):
        return
    assert blended[:2] == words[:2]
    assert blended[-2:] == others[-2:]


def test_most_talk_stays_as_it_is_and_all_kinds_of_change_occur() -> None:
    rng = random.Random(1)
    said, other = "we walked along the river bank", "they sat under an apple tree all day"
    blends = [blend(said, lambda: other, rng) for _ in range(500)]
    assert 300 < blends.count(said) < 420
    assert any("river bank" in each and each != said for each in blends)
    assert any(each.startswith("we walked") and each.endswith("all day") for each in blends)
