"""Whether an answer that was lowered or stood still was heard whole, word by word. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

import numpy as np
from numpy.typing import NDArray

from xtalk_edge.audio.format import RATE_HZ, Samples

PIECE = RATE_HZ // 10
"""100 ms: half a syllable, and long enough to be like nothing else in an answer."""

PAUSE = RATE_HZ // 100
"""Samples of nothing: between clauses, or where an answer stood still; speech has none so long."""

SOUNDS = 500.0
"""RMS of a piece that says something, int16 steps: vowels have thousands, a breath a hundred."""

ALIKE = 0.8
"""Correlation of a piece with itself at another volume, or with two ramps of 20 ms in it, down to
silence and up again; of two pieces of speech, 0.6 is much."""

APART = PIECE // 2
"""Of two places as like as that only those so far apart are two."""

WORD_PIECES = 2
"""So many pieces in a row are a short word; a single one is a hiss that came out otherwise."""


@dataclass(frozen=True, slots=True)
class Wholeness:
    """What of an answer was heard, in pieces of 100 ms."""

    pieces: int
    lost: int
    """Never heard, or not in their order; single ones are not counted."""
    repeated: int
    """Heard more often than they were said; single ones are not counted."""


def wholeness(said: Samples, heard: Samples) -> Wholeness:
    """Look for every piece of an answer in what was heard of it, at whatever volume.

    Args:
        said: the answer as it sounds when nothing happens, 16 kHz.
        heard: what the loudspeaker gave, 16 kHz.
    """
    said, heard = _without_silence(said), _without_silence(heard)
    places, again = [], []
    for start in range(0, len(said) - PIECE + 1, PIECE):
        piece = said[start : start + PIECE].astype(np.float64)
        if np.sqrt(np.square(piece).mean()) < SOUNDS:
            continue
        likeness = _likeness(piece, heard)
        best = int(np.argmax(likeness)) if len(likeness) else 0
        places.append(best if len(likeness) and likeness[best] >= ALIKE else None)
        again.append(_times(likeness) > _times(_likeness(piece, said)))
    in_order = _in_order(places)
    missing = [number not in in_order for number in range(len(places))]
    return Wholeness(len(places), _in_words(missing), _in_words(again))


def _likeness(piece: NDArray[np.float64], sound: Samples) -> NDArray[np.float64]:
    """Return how like the piece the sound is from each of its samples on, 0 to 1."""
    signal = sound.astype(np.float64)
    size = 1 << (len(signal) + len(piece) - 1).bit_length()
    spectrum = np.fft.rfft(signal, size) * np.conj(np.fft.rfft(piece, size))
    products = np.fft.irfft(spectrum, size)[: max(0, len(signal) - len(piece) + 1)]
    sums = np.cumsum(np.concatenate(([0.0], np.square(signal))))
    energies = sums[len(piece) :] - sums[: -len(piece)]
    alike: NDArray[np.float64] = products / np.sqrt(
        np.maximum(energies, 1.0) * np.square(piece).sum()
    )
    return alike


def _times(likeness: NDArray[np.float64]) -> int:
    """Return how often a piece is to be heard."""
    found: list[int] = []
    for place in np.flatnonzero(likeness >= ALIKE):
        if not found or place - found[-1] >= APART:
            found.append(int(place))
    return len(found)


def _in_order(places: Sequence[int | None]) -> set[int]:
    """Return the numbers of the most pieces that were heard one after the other."""
    longest: list[tuple[int, int | None]] = []
    for number, place in enumerate(places):
        before = [
            (longest[i][0], i)
            for i in range(number)
            if place is not None and (at := places[i]) is not None and at < place
        ]
        count, previous = max(before, default=(0, None))
        longest.append((count + (place is not None), previous))
    kept: set[int] = set()
    last = max(range(len(longest)), key=lambda i: longest[i][0], default=None)
    while last is not None and places[last] is not None:
        kept.add(last)
        last = longest[last][1]
    return kept


def _in_words(marks: Sequence[bool]) -> int:
    """Return how many marks stand in rows as long as a word."""
    rows = [len(list(row)) for marked, row in groupby(marks) if marked]
    return sum(row for row in rows if row >= WORD_PIECES)


def _without_silence(sound: Samples) -> Samples:
    """Return a sound without its pauses: where an answer stood still, it goes on at once."""
    edges = np.flatnonzero(np.diff(np.concatenate(([0], sound == 0, [0])).astype(np.int8)))
    kept = np.ones(len(sound), bool)
    for start, stop in edges.reshape(-1, 2):
        kept[start:stop] = stop - start < PAUSE
    spoken: Samples = sound[kept]
    return spoken
