"""Stop words and backchannels in recognised text."""

from typing import Any

import pytest

from xtalk_edge.turn.phrases import Phrases, spoken_words

STOP = Phrases(["stop", "be quiet", "that's enough", "停下来", ""], ["please", "now", "okay"])


def test_words_are_lower_case_without_marks() -> None:
    assert spoken_words("Don’t STOP, 3 times!") == ["don't", "stop", "3", "times"]


@pytest.mark.parametrize(
    ("text", "begins", "is_all"),
    [
        ("Stop!", True, True),
        ("okay, please be quiet now", True, True),
        ("stop stop", True, True),
        ("That’s enough.", True, True),
        ("stop the kitchen timer", True, False),
        ("when does the bus stop", False, False),
        ("stopping", False, False),
        ("please", False, False),
        ("be", False, False),
        ("", False, False),
        ("停下来", True, True),
        ("停下来吧", True, False),
    ],
)
def test_phrases_in_text(text: Any, begins: Any, is_all: Any) -> None:
    assert (STOP.begin(text), STOP.are_all_of(text)) == (begins, is_all)


def test_a_phrase_may_begin_with_a_filler() -> None:
    assert Phrases(["please stop"], ["please"]).begin("please stop")
