"""Cuts what somebody is still saying into pieces that are certain. Pure.

A recogniser writes the whole text of an utterance again and again, and changes its mind about the
last words. A word is certain once some more follow and it was written the same some times, or long
enough. Certain words make a piece when a sentence or a longer clause ends, or when they are many;
the end of the utterance takes what is left. Every word comes in one piece, also when the
recogniser afterwards writes differently what is in a piece already.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import reduce
from itertools import accumulate, takewhile

from xtalk_edge.turn.clauses import ClauseSplitter
from xtalk_edge.turn.marks import lacks_marks
from xtalk_edge.turn.phrases import WRITTEN_WORD, joined, spoken_words
from xtalk_edge.turn.realign import reaches


@dataclass(frozen=True, slots=True)
class SegmentPolicy:
    """What makes a piece; see `[interpret]` in the settings. All durations in seconds."""

    held_words: int = 1
    stable_updates: int = 1
    stable_s: float = 0.6
    segment_words: int = 8
    clause_words: int = 4


@dataclass(frozen=True, slots=True)
class Segment:
    """A piece of what is being said."""

    text: str
    end_s: float
    """Where the recogniser had heard up to when it first wrote its last word as it is."""


@dataclass(frozen=True, slots=True)
class _Word:
    text: str
    """As the recogniser writes it."""
    letters: str
    heard_s: float
    since_s: float
    """When it and all before it came to be as they are."""
    updates: int = 0
    """How often it and all before it were written again."""
    marked: str = ""
    """With marks that were put in; "" if none were."""


class Segmenter:
    """The pieces of one utterance."""

    def __init__(self, policy: SegmentPolicy) -> None:
        self._policy = policy
        self._words: list[_Word] = []
        self._taken = ""
        """The letters of what is in pieces already."""
        self._first = 0
        """Number of the first word that is in none."""

    @property
    def pending(self) -> str:
        """What is in no piece yet, certain or not, as the recogniser writes it."""
        return reduce(joined, (word.text for word in self._words[self._first :]), "")

    def hear(self, text: str, at_s: float, heard_s: float) -> None:
        """Take the whole text as it is written at `at_s`, having heard up to `heard_s`."""
        words = [_Word(word, _letters(word), heard_s, at_s) for word in _written(text)]
        pairs = list(zip(self._words, words, strict=False))
        same = len(list(takewhile(lambda pair: pair[0].letters == pair[1].letters, pairs)))
        for number, (old, new) in enumerate(pairs):
            if number < same:
                # Marks that were put in stay until the recogniser has some of its own.
                marked = old.marked if lacks_marks(new.text) else ""
                words[number] = replace(old, text=new.text, marked=marked, updates=old.updates + 1)
            elif old.letters == new.letters:
                words[number] = replace(new, heard_s=old.heard_s)
        self._words = words
        self._find_first()

    def mark(self, marked: str) -> None:
        """Take `pending` with marks in it; without effect if it says something else by now.

        A mark at its very end tells nothing: who puts marks in takes every text for a whole one.
        """
        written = _written(marked)
        same = spoken_words(marked) == spoken_words(self.pending)
        if not same or len(written) != len(self._words) - self._first:
            return
        for number, word in enumerate(written[:-1], self._first):
            self._words[number] = replace(self._words[number], marked=word)

    def due(self, at_s: float) -> list[Segment]:
        """Return the pieces that are complete by then."""
        segments = []
        while count := self._complete(self._certain(at_s)):
            segments.append(self._take(count))
        return segments

    def end(self, text: str, at_s: float, ended_s: float) -> list[Segment]:
        """Return all that is left, now that the text is final; the last word ended at `ended_s`.

        An empty text takes nothing back: what was written before is all there is.
        """
        if text.strip():
            self.hear(text, at_s, ended_s)
        segments = []
        while rest := self._words[self._first :]:
            segments.append(self._take(self._clause(rest) or len(rest)))
        if segments:
            segments = [replace(each, end_s=min(each.end_s, ended_s)) for each in segments]
            segments[-1] = replace(segments[-1], end_s=ended_s)
        # Marks alone are nothing to answer.
        return [each for each in segments if spoken_words(each.text)]

    def _certain(self, at_s: float) -> list[_Word]:
        policy = self._policy
        followed = self._words[self._first : max(0, len(self._words) - policy.held_words)]
        return list(
            takewhile(
                lambda word: (
                    word.updates >= policy.stable_updates or at_s >= word.since_s + policy.stable_s
                ),
                followed,
            )
        )

    def _complete(self, words: Sequence[_Word]) -> int:
        """Return how many of these words make a piece; 0 while they make none."""
        count = self._clause(words)
        if not count and len(words) >= self._policy.segment_words:
            count = self._policy.segment_words
        return count

    def _clause(self, words: Sequence[_Word]) -> int:
        """Return how many words the first clause has; 0 if none ends."""
        clauses = ClauseSplitter(self._policy.clause_words).push(_text(words) + " ")
        return len(_written(clauses[0])) if clauses else 0

    def _take(self, count: int) -> Segment:
        taken = self._words[self._first : self._first + count]
        self._first += count
        self._taken = "".join(word.letters for word in self._words[: self._first])
        return Segment(_text(taken), taken[-1].heard_s)

    def _find_first(self) -> None:
        """Find where the words begin that are in no piece, however the others are written now."""
        letters = "".join(word.letters for word in self._words)
        to = reaches(self._taken, letters)
        # A text that is shorter for the moment may become again what it was.
        if to < len(letters):
            self._taken = letters[:to]
        ends = accumulate(len(word.letters) for word in self._words)
        # A word counts as taken if half of it was.
        middles = (end - len(w.letters) / 2 for w, end in zip(self._words, ends, strict=True))
        self._first = len(list(takewhile(lambda middle: middle <= to, middles))) if to else 0


def _written(text: str) -> list[str]:
    return [found[0] for found in WRITTEN_WORD.finditer(text)]


def _letters(word: str) -> str:
    return "".join(spoken_words(word))


def _text(words: Sequence[_Word]) -> str:
    return reduce(joined, (word.marked or word.text for word in words), "")
