"""The sounds a ringing device makes, computed: no files, and the same on every machine."""

from __future__ import annotations

import functools
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from xtalk_edge.audio.format import Samples

Floats = NDArray[np.float64]

CHIME_RATE_HZ = 24_000
"""Twice the highest overtone below, with room to spare."""

PEAK = 0.5
"""-6 dBFS: louder than speech, which wakes people, and still no clipping at full volume."""

_OVERTONES = ((1.0, 1.0), (2.0, 0.5), (3.0, 0.25), (4.2, 0.1))
"""A bell: pure tones are hard to locate and easy to sleep through."""

_FADE_IN_S = 0.004
"""Against a click at the stroke."""

_STROKES: dict[str, Sequence[tuple[float, float]]] = {
    # Rising, so that it is not taken for the falling "done" tones of ovens and washers.
    "timer": ((0.0, 880.0), (0.18, 1108.7), (0.36, 1318.5), (0.9, 880.0), (1.08, 1108.7),
              (1.26, 1318.5)),
    # Lower and longer: high tones alone are missed by many ears over sixty.
    "alarm": ((0.0, 523.3), (0.25, 659.3), (0.5, 784.0), (0.75, 1046.5), (1.3, 523.3),
              (1.55, 659.3), (1.8, 784.0), (2.05, 1046.5)),
}  # fmt: skip
"""(seconds from the start, Hz) of each stroke of the bell."""

_CHIRP_HZ = (250.0, 7_000.0)
"""Where speech lies: a canceller learns only the frequencies it hears."""

_CHIRP_S, _CHIRPS = 0.5, 4
"""Four short sweeps: two seconds are what the cancellers take to learn a room."""

CHIRP_PEAK = 0.25
"""-12 dBFS: it is no alarm."""

CHIMES = frozenset({*_STROKES, "chirp"})

_TAIL_S = 0.7
"""How long the last stroke rings out."""


@functools.cache
def chime(name: str) -> Samples:
    """Return one of `CHIMES` as int16 at `CHIME_RATE_HZ`."""
    if name == "chirp":
        return np.tile(sweep(), _CHIRPS)
    strokes = _STROKES[name]
    length = round((strokes[-1][0] + _TAIL_S) * CHIME_RATE_HZ)
    mixed = np.zeros(length)
    for start_s, pitch_hz in strokes:
        at = round(start_s * CHIME_RATE_HZ)
        mixed[at:] += _bell(pitch_hz, length - at)
    loud: Samples = np.rint(mixed / np.abs(mixed).max() * PEAK * 32767).astype(np.int16)
    return loud


def _bell(pitch_hz: float, frames: int) -> Floats:
    at_s = np.arange(frames) / CHIME_RATE_HZ
    tone = np.zeros(frames)
    for ratio, level in _OVERTONES:
        # Overtones die away sooner, as in any struck metal.
        tone += level * np.exp(-at_s * 6.0 * ratio) * np.sin(2 * np.pi * pitch_hz * ratio * at_s)
    return tone * _ends(at_s)


def _ends(at_s: Floats) -> Floats:
    """Return the gain that lets a sound begin and end in silence: a cut would click."""
    return np.minimum(1.0, np.minimum(at_s, at_s[::-1]) / _FADE_IN_S)


def sweep() -> Samples:
    """Return one rising tone that takes as long for each octave."""
    low_hz, high_hz = _CHIRP_HZ
    at_s = np.arange(round(_CHIRP_S * CHIME_RATE_HZ)) / CHIME_RATE_HZ
    octaves = np.log(high_hz / low_hz)
    phase = 2 * np.pi * low_hz * _CHIRP_S / octaves * np.expm1(at_s / _CHIRP_S * octaves)
    tone = np.sin(phase) * _ends(at_s)
    swept: Samples = np.rint(tone * CHIRP_PEAK * 32767).astype(np.int16)
    return swept
