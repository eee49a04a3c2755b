"""Cuts texts into what a voice speaks at a time, and speech into what is handed on at a time."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

from xtalk_edge.engines.interfaces import SpeechChunk, WordMark

CHUNK_MS = 60
"""Small enough to stop quickly, large enough that a minute of speech is a thousand pieces."""

SENTENCE_PAUSE_MS = 250
CLAUSE_PAUSE_MS = 120
"""Also after text without punctuation; espeak's own closing pauses are 150 to 300 ms."""

_SENTENCE_END = re.compile(r"[.!?…。！？][\"'”’)\]]*\s*$")
_PIECE_END = re.compile(r"[.!?…;:,–—][\"'”’)\]]*\s|\n")
# Chinese and Japanese are written without blanks; each of their signs counts as a word.
_UNSPACED = "\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff"
WORD = re.compile(rf"[{_UNSPACED}]|[^\s{_UNSPACED}]+")
"""What is one word in a text."""


def speakable_text(text: str) -> str:
    """Return the text with what cannot be spoken blanked out, each character in its place."""
    return "".join(" " if _is_unspeakable(character) else character for character in text)


def _is_unspeakable(character: str) -> bool:
    category = unicodedata.category(character)
    # Arrows, dingbats and emoji; espeak would read their names. Degree and copyright signs, which
    # share their category, lie below.
    pictured = category in ("So", "Sk") and character >= "\u2190"
    # Control, format (joiners), surrogate and private characters; NUL would end the text in C.
    # Variation selectors only make sense behind an emoji.
    return pictured or category[0] == "C" or "\ufe00" <= character <= "\ufe0f"


def pieces(text: str, most_characters: int) -> Iterator[tuple[int, int]]:
    """Yield (start, end) of parts worth speaking, each at most `most_characters` long."""
    start = 0
    while start < len(text):
        end = len(text)
        if end - start > most_characters:
            window = text[start : start + most_characters]
            breaks = [match.end() for match in _PIECE_END.finditer(window)]
            end = start + (breaks[-1] if breaks else window.rfind(" ") + 1 or len(window))
        if any(character.isalnum() or character in "%&@#+=$€£°" for character in text[start:end]):
            yield start, end
        start = end


def pause_after(piece: str, rate_hz: int) -> bytes:
    """Return the silence that belongs behind a piece."""
    pause_ms = SENTENCE_PAUSE_MS if _SENTENCE_END.search(piece) else CLAUSE_PAUSE_MS
    return bytes(2 * (rate_hz * pause_ms // 1000))


def chunks(pcm: bytes, marks: list[WordMark], at_frame: int, rate_hz: int) -> Iterator[SpeechChunk]:
    """Cut the speech into pieces of `CHUNK_MS`; each mark goes with the one its frame lies in."""
    frames = rate_hz * CHUNK_MS // 1000
    following = 0
    for start in range(0, len(pcm) // 2, frames):
        first = following
        while following < len(marks) and marks[following].at_frame < at_frame + start + frames:
            following += 1
        yield SpeechChunk(pcm[2 * start : 2 * (start + frames)], tuple(marks[first:following]))
