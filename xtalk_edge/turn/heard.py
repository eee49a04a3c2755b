"""Which words of a reply the loudspeaker has played. Pure.

Positions are content frames of the playback stream, at the playback rate. A word counts as heard
once its middle has been audible; the last word of a clause lasts until the clause's end.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import Protocol

from xtalk_edge.turn.phrases import WRITTEN_WORD, joined

_UNSPACED = "\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff"

# One sound a vowel group, one a consonant or doubled consonant.
_SOUND = re.compile(r"[aeiouyäöüáéíóúàèìòù]+|([^\W\d_])\1*")
_SOUNDS_A_DIGIT = 3.5  # mean of "zero" ... "nine"
_SOUNDS_A_SYLLABLE_SIGN = 2.5  # initial, final, and often a nasal
_SOUNDS_A_PAUSE = 2.0  # synthesisers pause some 150 ms at a mark within a clause

# Voices speak 12 to 15 sounds a second; the slow end, so that a word is rather not claimed.
_SECONDS_A_SOUND = 1 / 12


class Mark(Protocol):
    """Where a word of a clause begins in its audio; an engine's own word timing fits."""

    @property
    def text_start(self) -> int:
        """Index of the word's first character in the clause."""
        ...

    @property
    def text_end(self) -> int:
        """Index after the word's last character."""
        ...

    @property
    def at_frame(self) -> int:
        """First frame of the word at the engine's rate, from the start of the clause."""
        ...


@dataclass(slots=True)
class _Clause:
    text: str
    start_frame: int
    frames: int
    growing: bool
    ratio: float
    """Playback frames per engine frame."""
    offset: int
    """Index of the clause in the full text."""
    marks: list[Mark]
    tokens: list[tuple[int, int]] = field(init=False)
    weights: list[float] = field(init=False)

    def __post_init__(self) -> None:
        self.tokens = [found.span() for found in WRITTEN_WORD.finditer(self.text)]
        self.weights = [estimate_sounds(self.text[start:end]) for start, end in self.tokens]


class HeardLedger:
    """The clauses of one reply, and where each lies in the playback stream.

    `rate_hz` is the playback rate; it only scales the guess at how long a clause will become
    while its audio is still being made.
    """

    def __init__(self, rate_hz: int) -> None:
        self._frames_a_sound = rate_hz * _SECONDS_A_SOUND
        self._clauses: list[_Clause] = []
        self._text = ""
        self._before = ""
        """The text before the last clause."""

    @property
    def full_text(self) -> str:
        """The whole reply so far, heard or not."""
        return self._text

    def add_clause(
        self,
        text: str,
        start_frame: int,
        frames: int | None = None,
        marks: Iterable[Mark] = (),
        *,
        ratio: float = 1.0,
    ) -> None:
        """Add the next clause; it completes the one before.

        Without `frames` its audio arrives by `extend`. `ratio` is playback frames per engine
        frame (resampling and speed together) and applies to the marks alone. A start before the
        end of the clause before is moved there.
        """
        if self._clauses:
            self._clauses[-1].growing = False
            previous = self._clauses[-1]
            start_frame = max(start_frame, previous.start_frame + previous.frames)
        text = text.strip()
        self._before, self._text = self._text, joined(self._text, text)
        offset = len(self._text) - len(text)
        growing = frames is None
        self._clauses.append(
            _Clause(text, start_frame, frames or 0, growing, ratio, offset, list(marks))
        )

    def extend(self, frames: int, marks: Iterable[Mark] = (), *, complete: bool = False) -> None:
        """Add audio to the last clause; `complete` says that it was the last of it.

        Without a clause there is nothing to extend, and nothing happens.
        """
        if self._clauses:
            clause = self._clauses[-1]
            clause.frames += frames
            clause.marks.extend(marks)
            clause.growing = not complete

    def reword(self, text: str) -> None:
        """Give the last clause another text; its audio stays."""
        text = text.strip()
        if self._clauses and self._clauses[-1].text != text:
            self._text = joined(self._before, text)
            offset = len(self._text) - len(text)
            self._clauses[-1] = replace(self._clauses[-1], text=text, offset=offset)

    def heard(self, audible_frame: int) -> str:
        """Return the text audible before `audible_frame`, cut after the last word heard."""
        end = 0
        for clause in self._clauses:
            played = audible_frame - clause.start_frame
            count = self._words_played(clause, played) if played > 0 else 0
            if count:
                end = clause.offset + clause.tokens[count - 1][1]
        return self._text[:end]

    def _words_played(self, clause: _Clause, played: int) -> int:
        if not clause.tokens:
            return 0
        if not clause.growing and played >= clause.frames:
            return len(clause.tokens)
        borders = _word_borders(clause, self._expected_frames(clause))
        middles = [(begin + end) / 2 for begin, end in pairwise(borders)]
        return sum(1 for middle in middles if middle <= played)

    def _expected_frames(self, clause: _Clause) -> float:
        if not clause.growing:
            return clause.frames
        anchors = _anchors(clause)
        last_token, last_frame = anchors[-1]
        rest = sum(clause.weights[last_token:]) * self._frames_a_sound
        return max(clause.frames, last_frame + rest)


def estimate_sounds(word: str) -> float:
    """Return about how many speech sounds it takes to say `word`, its pause included."""
    text = word.lower()
    digits = sum(char.isdigit() for char in text)
    signs = len(re.findall(rf"[{_UNSPACED}]", text))
    letters = sum(1 for _ in _SOUND.finditer(re.sub(rf"[{_UNSPACED}]", "", text)))
    pause = 0.0 if text[-1:].isalnum() else _SOUNDS_A_PAUSE
    return max(1.0, letters + digits * _SOUNDS_A_DIGIT + signs * _SOUNDS_A_SYLLABLE_SIGN + pause)


def _anchors(clause: _Clause) -> list[tuple[int, float]]:
    """Return (token, first frame) for the start and each token a mark tells; both ascending."""
    told: dict[int, float] = {}
    last_frame = 0.0
    for mark in sorted(clause.marks, key=lambda mark: (mark.text_start, mark.at_frame)):
        token = next((i for i, (_, end) in enumerate(clause.tokens) if end > mark.text_start), None)
        frame = float(round(mark.at_frame * clause.ratio))
        # A mark beyond the text, or backwards in time, tells nothing.
        if token is not None and frame >= last_frame:
            last_frame = told.setdefault(token, frame)
    told.setdefault(0, 0.0)
    return sorted(told.items())


def _word_borders(clause: _Clause, total_frames: float) -> Sequence[float]:
    """Return the first frame of every token and the end of the last, ascending."""
    anchors = _anchors(clause)
    ends = [*anchors[1:], (len(clause.tokens), total_frames)]
    borders: list[float] = []
    for (token, frame), (next_token, next_frame) in zip(anchors, ends, strict=True):
        span = max(0.0, next_frame - frame)
        total = sum(clause.weights[token:next_token])
        at = frame
        for weight in clause.weights[token:next_token]:
            borders.append(at)
            at += span * weight / total
    borders.append(max(total_frames, anchors[-1][1]))
    return borders
