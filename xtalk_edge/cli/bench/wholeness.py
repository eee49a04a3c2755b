"""Whether an answer that was lowered or stood still was heard whole, word by word. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

import numpy as np
from numpy.typing import NDArray

from xtalk_edge.audio.format import RATE_HZ, Samples

Floats = NDArray[np.float64]

PIECE = RATE_HZ // 10
"""100 ms: half a syllable, and long enough to be like nothing else in an answer."""

PAUSE = RATE_HZ // 5
"""Samples of nothing where an answer stood still. Shorter ones belong to the words: a lowered "p"
is nothing for 100 ms."""

LOWER_HALF = 5
"""Samples whose mean is compared, which leaves what lies below 3 kHz: an "s" comes out otherwise
when a clause begins half a sample later."""

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
    voice, loudspeaker = _prepared(said), _prepared(heard)
    places, again = [], []
    for start in range(0, len(voice) - PIECE + 1, PIECE):
        piece = voice[start : start + PIECE]
        if np.sqrt(np.square(piece).mean()) < SOUNDS:
            continue
        places.append(_place(piece, loudspeaker))
        again.append(_times(piece, loudspeaker) > _times(piece, voice))
    in_order = _in_order(places)
    missing = [number not in in_order for number in range(len(places))]
    return Wholeness(len(places), _in_words(missing), _in_words(again))


def _place(piece: Floats, heard: Floats) -> int | None:
    """Return where a piece is heard best; None if neither it nor both its halves are."""
    halves = (piece[: PIECE // 2], piece[PIECE // 2 :])
    # Where an answer stood still in the middle of a piece, silence may be left between its halves.
    for parts in ((piece,), halves):
        found = [_likeness(part, heard) for part in parts]
        if all(each.max(initial=0.0) >= ALIKE for each in found):
            return int(np.argmax(found[0]))
    return None


def _likeness(piece: Floats, sound: Floats) -> Floats:
    """Return how like the piece the sound is from each of its samples on, 0 to 1."""
    size = 1 << (len(sound) + len(piece) - 1).bit_length()
    spectrum = np.fft.rfft(sound, size) * np.conj(np.fft.rfft(piece, size))
    products = np.fft.irfft(spectrum, size)[: max(0, len(sound) - len(piece) + 1)]
    sums = np.cumsum(np.concatenate(([0.0], np.square(sound))))
    energies = sums[len(piece) :] - sums[: -len(piece)]
    alike: Floats = products / np.sqrt(np.maximum(energies * np.square(piece).sum(), 1.0))
    return alike


def _times(piece: Floats, sound: Floats) -> int:
    """Return how often a piece is to be heard."""
    found: list[int] = []
    for place in np.flatnonzero(_likeness(piece, sound) >= ALIKE):
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


def _prepared(sound: Samples) -> Floats:
    """Return the lower half of a sound without its pauses: where it stood still, it goes on."""
    edges = np.flatnonzero(np.diff(np.concatenate(([0], sound == 0, [0])).astype(np.int8)))
    kept = np.ones(len(sound), bool)
    for start, stop in edges.reshape(-1, 2):
        kept[start:stop] = stop - start < PAUSE
    spoken = sound[kept].astype(np.float64)
    if not len(spoken):
        return spoken
    return np.convolve(spoken, np.ones(LOWER_HALF) / LOWER_HALF, "same")[: len(spoken)]
