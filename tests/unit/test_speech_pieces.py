"""Texts are cut where a voice may pause, and nothing that can be spoken is lost."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from xtalk_edge.engines.tts.pieces import CHUNK_MS, chunks, pieces, speakable_text

LONGEST = 40


@given(st.text(max_size=2000))
@pytest.mark.slow
def test_making_text_speakable_keeps_every_place(text: str) -> None:
    speakable = speakable_text(text)
    assert len(speakable) == len(text)
    assert "\0" not in speakable
    speakable.encode()
    for before, after in zip(text, speakable, strict=True):
        assert after in (before, " ")
        if unicodedata.category(before)[0] in "LN":
            assert after == before


@given(st.text(alphabet=" .,ab\n", max_size=3 * LONGEST))
@pytest.mark.slow
def test_pieces_follow_one_another_and_lose_nothing_speakable(text: str) -> None:
    at = 0
    for start, end in pieces(text, LONGEST):
        assert at <= start < end <= start + LONGEST
        assert not any(character.isalnum() for character in text[at:start])
        at = end
    assert not any(character.isalnum() for character in text[at:])


def test_chunks_have_their_size() -> None:
    assert 22050 * CHUNK_MS // 1000 == 1323
    sizes = [len(chunk.pcm) // 2 for chunk in chunks(bytes(2 * 3000), [], 0, 22050)]
    assert sizes == [1323, 1323, 354]
