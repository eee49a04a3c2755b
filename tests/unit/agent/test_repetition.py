import pytest
from hypothesis import given
from hypothesis import strategies as st

from xtalk_edge.engines.agent.repetition import (
    LONGEST_PHRASE_WORDS,
    PHRASE_TIMES,
    WORD_TIMES,
    Repetition,
)

WORDS = st.lists(st.sampled_from(["one", "two", "three", "four"]), min_size=1, max_size=30)


def loops(text, size=1):
    watched = Repetition()
    return any(watched.add(text[at : at + size]) for at in range(0, len(text), size))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("I am fine, thank you. " * PHRASE_TIMES, True),
        ("I am fine, thank you. " * (PHRASE_TIMES - 1), False),
        ("la " * WORD_TIMES, True),
        ("la " * (WORD_TIMES - 1) + "la", False),
        ("bye bye now " * 2 + "bye", False),
        ("ha  ha " * WORD_TIMES, True),
        ("Is it? IS it? is IT? " * WORD_TIMES, True),
        ("", False),
    ],
)
def test_a_loop_is_noticed_and_a_refrain_is_not(text, expected):
    assert loops(text) is expected


@given(words=WORDS.filter(lambda words: len(words) <= LONGEST_PHRASE_WORDS))
@pytest.mark.slow
def test_anything_said_for_ever_is_noticed(words):
    assert loops(" ".join(words * WORD_TIMES) + " ", size=5)


@given(count=st.integers(1, 60))
def test_a_list_of_different_words_is_no_loop(count):
    assert not loops(" ".join(map(str, range(count))) + " ", size=7)
