"""Whether an answer that was lowered or stood still was heard whole, word by word. Pure."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from xtalk_edge.audio.format import RATE_HZ, Samples

PIECE = RATE_HZ // 10
"""100 ms: half a syllable, and long enough to be like nothing else in an answer."""

SOUNDS = 100.0
"""RMS of a piece that says something, int16 steps; a lowered one keeps a sixth of it."""

ALIKE = 0.8
"""Correlation of a piece with itself at another volume, or with two ramps of 20 ms in it, down to
silence and up again; of two pieces of speech, 0.6 is much."""

LATER = PIECE // 2
"""Of two places as like as that only those so far apart are two."""


@dataclass(frozen=True, slots=True)
class Wholeness:
    """What of an answer was heard, in pieces of 100 ms."""

    pieces: int
    lost: int
    """Never heard, or not in their order."""
    repeated: int
    """Heard more often than they were said."""


def wholeness(said: Samples, heard: Samples) -> Wholeness:
    """Look for every piece of an answer in what was heard of it, at whatever volume.

    Args:
        said: the answer as it sounds when nothing happens, 16 kHz.
        heard: what the loudspeaker gave, 16 kHz.
    """
    said, heard = _without_silence(said), _without_silence(heard)
    lost = repeated = pieces = 0
    last = -PIECE
    for start in range(0, len(said) - PIECE + 1, PIECE):
        piece = said[start : start + PIECE].astype(np.float64)
        if np.sqrt(np.square(piece).mean()) < SOUNDS:
            continue
        pieces += 1
        places = _places(piece, heard)
        # The next one in order; a vowel that sounds the same elsewhere is no repetition.
        following = [place for place in places if place >= last + LATER]
        repeated += max(0, len(places) - len(_places(piece, said)))
        if following:
            last = following[0]
        else:
            lost += 1
    return Wholeness(pieces, lost, repeated)


def _without_silence(sound: Samples) -> Samples:
    """Return a sound without its zeros: where an answer stood still, it goes on at once."""
    kept: Samples = sound[sound != 0]
    return kept


def _places(piece: NDArray[np.float64], sound: Samples) -> list[int]:
    """Return where a piece is to be heard in a sound, in order."""
    signal = sound.astype(np.float64)
    size = 1 << (len(signal) + len(piece) - 1).bit_length()
    spectrum = np.fft.rfft(signal, size) * np.conj(np.fft.rfft(piece, size))
    products = np.fft.irfft(spectrum, size)[: max(0, len(signal) - len(piece) + 1)]
    sums = np.cumsum(np.concatenate(([0.0], np.square(signal))))
    energies = sums[len(piece) :] - sums[: -len(piece)]
    likeness = products / np.sqrt(np.maximum(energies, 1.0) * np.square(piece).sum())
    found: list[int] = []
    for place in np.flatnonzero(likeness >= ALIKE):
        if not found or place - found[-1] >= LATER:
            found.append(int(place))
    return found
