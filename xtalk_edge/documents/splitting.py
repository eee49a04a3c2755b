"""Cuts what stands in a document into passages that answer a question (pure).

A passage ends where a paragraph ends, if it can, and never in the middle of a sentence that would
fit into one. Its last sentence is said again in the next, so that "it" still means something.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from xtalk_edge.store.full_text import SPACELESS

MOST_WORDS = 120
"""Some 45 seconds of speech, and 200 tokens: embedding models blur what is longer."""

GOOD_WORDS = 60
"""From here on the next end of a paragraph ends the passage."""

OVERLAP_WORDS = 25
"""A sentence; longer ones are not repeated."""

HEADING_WORDS = 30
"""What is longer is no heading, however large it is printed."""

_LONGEST_WORD_CHARS = 30
"""Longer runs without a space are no words (addresses, keys): they count as several."""

_ALONE = f"{SPACELESS}。！？"
WORD = re.compile(f"[{_ALONE}]|[^\\s{_ALONE}]{{1,{_LONGEST_WORD_CHARS}}}")
"""A word; in scripts without spaces a character."""

_SENTENCE_END = re.compile("(?<=[.!?…])[\"'”’)\\]]*\\s+|(?<=[。！？])|\\n+")


@dataclass(frozen=True, slots=True)
class Block:
    """A paragraph, or a heading, as it stands in a document."""

    text: str
    level: int = 0
    """Of a heading, from 1 for the highest; 0 of a paragraph."""


@dataclass(frozen=True, slots=True)
class Passage:
    """A piece of a document."""

    headings: tuple[str, ...]
    """Those it stands under, the highest first."""
    text: str


@dataclass(frozen=True, slots=True)
class _Piece:
    """A sentence, or a part of a long one."""

    text: str
    words: int
    begins: bool
    """Whether it is the first of a paragraph."""


def count_words(text: str) -> int:
    """Return how many words a text has, as passages are measured."""
    return sum(1 for _ in WORD.finditer(text))


def split(blocks: Iterable[Block]) -> list[Passage]:
    """Return the passages of a document; all of its words are in them, headings included."""
    found = []
    for headings, paragraphs in _sections(blocks):
        pieces = list(itertools.chain.from_iterable(map(_pieces, paragraphs)))
        texts = [_joined(packed) for packed in _packed(pieces)]
        found += [Passage(headings, text) for text in texts]
    return found


def _sections(blocks: Iterable[Block]) -> Iterator[tuple[tuple[str, ...], list[str]]]:
    """Yield the paragraphs that stand together, with the headings above them."""
    trail: list[tuple[int, str]] = []
    paragraphs: list[str] = []
    above: tuple[str, ...] = ()
    for block in blocks:
        words = count_words(block.text)
        if not words:
            continue
        if not block.level or words > HEADING_WORDS:
            paragraphs.append(block.text)
            continue
        deeper = bool(trail) and block.level > trail[-1][0]
        if trail and not paragraphs and not deeper:
            # Nothing stands under it: it is all that is said.
            paragraphs = [trail[-1][1]]
        if paragraphs:
            yield above, paragraphs
        trail = [each for each in trail if each[0] < block.level]
        trail.append((block.level, " ".join(block.text.split())))
        above, paragraphs = tuple(text for _, text in trail), []
    if trail and not paragraphs:
        paragraphs = [trail[-1][1]]
    if paragraphs:
        yield above, paragraphs


def _pieces(paragraph: str) -> Iterator[_Piece]:
    begins = True
    for sentence in sentences(paragraph):
        for text in _bounded(sentence):
            yield _Piece(text, count_words(text), begins)
            begins = False


def sentences(text: str) -> list[str]:
    """Return the sentences of a text, each on one line."""
    return [" ".join(each.split()) for each in _sentence_parts(text) if each.strip()]


def _sentence_parts(text: str) -> Iterator[str]:
    start = 0
    for end in _SENTENCE_END.finditer(text):
        # Closing quotation marks belong to the sentence they close.
        yield text[start : end.end()]
        start = end.end()
    yield text[start:]


def _bounded(sentence: str) -> Iterator[str]:
    """Cut a sentence that is longer than a passage may be."""
    words = list(WORD.finditer(sentence))
    for first in range(0, len(words), MOST_WORDS):
        last = words[min(first + MOST_WORDS, len(words)) - 1]
        yield sentence[words[first].start() : last.end()]


def _packed(pieces: Sequence[_Piece]) -> Iterator[list[_Piece]]:
    """Yield what goes together into one passage."""
    passage: list[_Piece] = []
    size = 0
    for piece in pieces:
        full = size + piece.words > MOST_WORDS
        if passage and (full or (piece.begins and size >= GOOD_WORDS)):
            yield passage
            last = passage[-1]
            again = last.words <= min(OVERLAP_WORDS, MOST_WORDS - piece.words)
            passage = [last] if again else []
            size = last.words if again else 0
        passage.append(piece)
        size += piece.words
    if passage:
        yield passage


def _joined(pieces: Sequence[_Piece]) -> str:
    rest = (("\n" if piece.begins else " ") + piece.text for piece in pieces[1:])
    return pieces[0].text + "".join(rest)
