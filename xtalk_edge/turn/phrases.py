"""Compares recognised text with short lists of phrases. Pure; knows no language."""

from __future__ import annotations

import re
from collections.abc import Iterable

# Chinese and Japanese write no spaces: there each character is compared as a word.
_UNSPACED = "\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff"
_WORD = re.compile(rf"[{_UNSPACED}]|[^\W_{_UNSPACED}]+(?:['’][^\W_{_UNSPACED}]+)*")
_UNSPACED_MARKS = "\u3001-\u303f\uff01-\uff0f\uff1a-\uff20"
_ENDS_UNSPACED = re.compile(rf"[{_UNSPACED}{_UNSPACED_MARKS}]$")

WRITTEN_WORD = re.compile(rf"[{_UNSPACED}][{_UNSPACED_MARKS}]*|[^\s{_UNSPACED}]+")
"""One word of a text with the marks at it."""


def spoken_words(text: str) -> list[str]:
    """Return the words of `text` in lower case, without marks."""
    return [word.replace("’", "'") for word in _WORD.findall(text.lower())]


def joined(text: str, more: str) -> str:
    """Return one text behind another, with a space between them where their script has spaces."""
    spaced = text and more and not _ENDS_UNSPACED.search(text)
    return f"{text} {more}" if spaced else text + more


class Phrases:
    """A list of phrases, and filler words that may stand around them without changing them."""

    def __init__(self, phrases: Iterable[str], fillers: Iterable[str] = ()) -> None:
        # Longest first, so that "be quiet please" is not read as a shorter phrase and a rest.
        self._phrases = sorted((spoken_words(p) for p in phrases), key=len, reverse=True)
        self._fillers = frozenset(fillers)

    def begin(self, text: str) -> bool:
        """Tell whether `text` begins with one of the phrases, fillers aside."""
        words = spoken_words(text)
        while words and not self._length_at(words, 0) and words[0] in self._fillers:
            del words[0]
        return self._length_at(words, 0) > 0

    def are_all_of(self, text: str) -> bool:
        """Tell whether `text` is one or more of the phrases and fillers, and nothing else."""
        words = spoken_words(text)
        at, found = 0, False
        while at < len(words):
            length = self._length_at(words, at)
            if not length and words[at] not in self._fillers:
                return False
            found = found or length > 0
            at += length or 1
        return found

    def _length_at(self, words: list[str], at: int) -> int:
        for phrase in self._phrases:
            if phrase and words[at : at + len(phrase)] == phrase:
                return len(phrase)
        return 0
