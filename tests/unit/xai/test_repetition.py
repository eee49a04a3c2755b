from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from xtalk_edge.engines.asr.repetition import Repetition


def test_what_is_known_is_not_heard_again():
    repetition = Repetition()
    repetition.learn(b"abcd", "turn on")
    repetition.begin()
    assert repetition.unknown(b"ab") == b""
    assert repetition.text == ""
    assert repetition.unknown(b"cdef") == b"ef"
    assert (repetition.text, repetition.sound) == ("turn on", b"abcd")
    assert repetition.unknown(b"gh") == b"gh"


def test_an_utterance_that_only_begins_alike_is_heard_whole():
    repetition = Repetition()
    repetition.learn(b"abcd", "turn on")
    repetition.begin()
    assert repetition.unknown(b"ab") == b""
    assert repetition.unknown(b"xy") == b"abxy"
    assert repetition.text == ""


def test_a_shorter_utterance_is_another_one():
    repetition = Repetition()
    repetition.learn(b"abcd", "turn on")
    repetition.begin()
    assert repetition.unknown(b"ab") == b""
    assert repetition.held_back() == b"ab"
    assert repetition.held_back() == b""


SOUND = st.binary(max_size=8)


@given(SOUND, st.lists(SOUND, max_size=5))
def test_all_of_it_is_known_or_heard(known, pieces):
    repetition = Repetition()
    repetition.learn(known, "known")
    repetition.begin()
    heard = b"".join(repetition.unknown(each) for each in pieces) + repetition.held_back()
    assert repetition.sound + heard == b"".join(pieces)
