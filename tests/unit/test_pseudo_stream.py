"""Recognisers of whole utterances write while somebody speaks, at a bounded cost."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from xtalk_edge.engines.asr.pseudo_stream import BYTES_A_S, EVERY_S, LONGEST_S, PseudoStream

PIECE = BYTES_A_S // 10


class Counter:
    """Writes one word for each whole second of sound that is not silent, numbered by its value."""

    def __init__(self) -> None:
        self.heard_s: list[float] = []

    def __call__(self, audio: bytes) -> str:
        self.heard_s.append(len(audio) / BYTES_A_S)
        seconds = np.frombuffer(audio, "<i2")[:: BYTES_A_S // 2]
        return " ".join(f"w{value}" for value in seconds if value)


def seconds(*values: int) -> bytes:
    """Return one second of each value."""
    return np.repeat(np.array(values, "<i2"), BYTES_A_S // 2).tobytes()


def hear(stream: PseudoStream, audio: bytes, piece: int = PIECE) -> list[str]:
    texts = [
        stream.hear(audio[start : start + piece], is_final=False)
        for start in range(0, len(audio), piece)
    ]
    return [*texts, stream.hear(b"", is_final=True)]


def test_text_grows_and_ends_as_the_whole() -> None:
    counter = Counter()
    texts = hear(PseudoStream(counter), seconds(1, 2, 3, 4, 5))
    assert texts[0] == ""
    assert texts[9] == "w1"
    assert texts[-1] == "w1 w2 w3 w4 w5"
    assert all(after.startswith(before) for before, after in itertools.pairwise(texts))


@settings(max_examples=30, deadline=None)
@given(st.integers(1, 90), st.integers(2, 64_000))
@pytest.mark.slow
def test_the_cost_is_bounded_however_long_and_however_cut(length_s: int, piece: int) -> None:
    counter = Counter()
    texts = hear(PseudoStream(counter), seconds(*[7] * length_s), piece // 2 * 2)
    assert len(counter.heard_s) <= length_s / EVERY_S + 2
    assert sum(counter.heard_s) <= 6 * length_s + 1
    assert max(counter.heard_s) <= LONGEST_S
    # A cut in a word, where nobody pauses, may halve it.
    assert length_s <= len(texts[-1].split()) <= length_s + length_s // 20


def test_a_long_talk_is_cut_where_it_is_quiet() -> None:
    counter = Counter()
    talk = seconds(*[5] * 24, 0, *[6] * 9)
    assert hear(PseudoStream(counter), talk)[-1].split() == ["w5"] * 24 + ["w6"] * 9


def test_what_was_written_twice_is_not_taken_back_until_the_end() -> None:
    said = iter(["one", "one two", "one two three", "other", "other words", "all other"])
    stream = PseudoStream(lambda audio: next(said))
    texts = [stream.hear(bytes(BYTES_A_S), is_final=False) for _ in range(5)]
    assert texts == ["one", "one two", "one two three", "one two", "one two"]
    assert stream.hear(bytes(2), is_final=True) == "all other"


def test_nothing_said_is_nothing_heard_and_sound_after_the_end_begins_anew() -> None:
    counter = Counter()
    stream = PseudoStream(counter)
    assert stream.hear(b"", is_final=True) == ""
    assert counter.heard_s == []
    assert stream.hear(seconds(3), is_final=True) == "w3"
    assert stream.hear(b"", is_final=True) == "w3"
    assert stream.hear(seconds(4), is_final=True) == "w4"
    stream.hear(seconds(5), is_final=False)
    stream.reset()
    assert stream.hear(b"", is_final=True) == ""


def test_the_end_is_not_heard_twice_when_nothing_came_since() -> None:
    counter = Counter()
    stream = PseudoStream(counter)
    stream.hear(seconds(1, 2), is_final=False)
    assert stream.hear(b"", is_final=True) == "w1 w2"
    assert counter.heard_s == [2.0]
