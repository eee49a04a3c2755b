"""Change the sample rate of int16 mono sound, piece by piece, with a small constant delay.

A Kaiser-windowed sinc in polyphase form. Positions are whole numbers, so how the sound is cut
into pieces never changes the output, and no drift can build up.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from xtalk_edge.audio.format import Samples, to_int16

Floats = NDArray[np.float64]

ZERO_CROSSINGS = 24
"""Of the sinc, on each side of its centre, at the lower of the two rates: 1.5 ms at 16 kHz."""

STOPBAND_DB = 85.0
"""Kaiser design: aliases lie below the rounding noise of speech in int16."""

CUTOFF = 0.95
"""Of the lower Nyquist rate: full rejection from 1.05 on; aliases between fold above 0.95."""

MOST_TABLE_VALUES = 1 << 20
"""Rates without a common factor would need more than these 8 MB; they get no table."""

PIECE_SAMPLES = 4096
"""Work done at a time, so that a whole file needs no more memory than a block."""


class Resampler:
    """One stream from `from_hz` to `to_hz`."""

    def __init__(self, from_hz: int, to_hz: int) -> None:
        if from_hz < 1 or to_hz < 1:
            raise ValueError(f"sample rates must be above 0, got {from_hz} and {to_hz} Hz")
        common = math.gcd(from_hz, to_hz)
        self._up, self._down = to_hz // common, from_hz // common
        self._width = max(1.0, self._down / self._up)
        self._half = math.ceil(ZERO_CROSSINGS * self._width)
        self.latency_frames = 0
        """Frames at `to_hz` by which the output is late, always."""
        self._table: Floats | None = None
        if self._up != self._down:
            self.latency_frames = math.ceil(self._half * self._up / self._down)
            if self._up * 2 * self._half <= MOST_TABLE_VALUES:
                self._table = self._kernels(np.arange(self._up))
        self.reset()

    def reset(self) -> None:
        """Forget the stream; the next samples begin a new one."""
        self._taken = 0
        self._made = 0
        self._history: Floats = np.zeros(self._kept())

    def process(self, samples: Samples) -> Samples:
        """Return all frames whose time has come: N in so far are ceil(N * to_hz / from_hz) out."""
        if self._up == self._down:
            return samples
        return self._filter(samples)

    def flush(self) -> Samples:
        """Return the `latency_frames` still held back, and begin a new stream."""
        if self._up == self._down:
            return np.empty(0, np.int16)
        silence = np.zeros(self._latency_samples() + 1, np.int16)
        tail = self._filter(silence)[: self.latency_frames]
        self.reset()
        return tail

    def _latency_samples(self) -> int:
        return math.ceil(self.latency_frames * self._down / self._up)

    def _filter(self, samples: Samples) -> Samples:
        pieces = [
            self._filter_piece(samples[i : i + PIECE_SAMPLES])
            for i in range(0, len(samples), PIECE_SAMPLES)
        ]
        return np.concatenate(pieces) if pieces else np.empty(0, np.int16)

    def _filter_piece(self, samples: Samples) -> Samples:
        sound = np.concatenate((self._history, samples), dtype=np.float64)
        sound_starts = self._taken - len(self._history)
        self._taken += len(samples)
        # Frame n shows the input at n * down / up, minus the latency.
        first, self._made = self._made, -(-self._taken * self._up // self._down)
        at = (np.arange(first, self._made) - self.latency_frames) * self._down
        starts = at // self._up - self._half + 1 - sound_starts
        phases = at % self._up
        windows = np.lib.stride_tricks.sliding_window_view(sound, 2 * self._half)[starts]
        kernels = self._kernels(phases) if self._table is None else self._table[phases]
        self._history = sound[len(sound) - self._kept() :]
        return to_int16(np.einsum("ij,ij->i", windows, kernels))

    def _kept(self) -> int:
        """How far back the next frame's window can reach."""
        return self._latency_samples() + self._half + 1

    def _kernels(self, phases: NDArray[np.int64]) -> Floats:
        """Return one row of taps for each phase (a count of 1/up input samples)."""
        offsets = np.arange(-self._half + 1, self._half + 1) - phases[:, None] / self._up
        return windowed_sinc(offsets / self._width, ZERO_CROSSINGS)


class DriftResampler:
    """A stream at one rate, stretched by an adjustable few hundred parts per million."""

    latency_frames = 16
    """Input frames by which the output is late."""

    def __init__(self, stretch_ppm: float = 0.0) -> None:
        self.stretch_ppm = stretch_ppm
        """How many more frames come out than go in, in ppm; may change at any time."""
        steps = np.arange(_DRIFT_PHASES + 1)[:, None] / _DRIFT_PHASES
        half = self.latency_frames
        self._table = windowed_sinc(np.arange(-half + 1, half + 1) - steps, half)
        self._sound: Floats = np.zeros(2 * half - 1)
        self._position = 0.0
        """Where in `_sound` the window of the next frame begins."""

    def process(self, samples: Samples) -> Samples:
        """Return as many frames as the stretch makes of these; now and then one more or less."""
        self._sound = np.concatenate((self._sound, samples), dtype=np.float64)
        step = 1.0 / (1.0 + self.stretch_ppm * 1e-6)
        taps = 2 * self.latency_frames
        span = len(self._sound) - taps + 1 - self._position
        positions = self._position + step * np.arange(max(0, math.ceil(span / step)))
        if len(positions) == 0:
            return np.empty(0, np.int16)
        starts = positions.astype(np.int64)
        phases = (positions - starts) * _DRIFT_PHASES
        below = phases.astype(np.int64)
        between = (phases - below)[:, None]
        kernels = self._table[below] * (1 - between) + self._table[below + 1] * between
        windows = np.lib.stride_tricks.sliding_window_view(self._sound, taps)[starts]
        self._position += step * len(positions)
        used = int(self._position)
        self._sound = self._sound[used:]
        self._position -= used
        return to_int16(np.einsum("ij,ij->i", windows, kernels))


_DRIFT_PHASES = 256
"""With lines drawn between them the error lies 95 dB below the sound."""


def convert(samples: Samples, from_hz: int, to_hz: int) -> Samples:
    """Return a whole sound at another rate: aligned, and round(len * to_hz / from_hz) long."""
    resampler = Resampler(from_hz, to_hz)
    whole = np.concatenate((resampler.process(samples), resampler.flush()))
    start = resampler.latency_frames
    return whole[start : start + round(len(samples) * to_hz / from_hz)]


def windowed_sinc(offsets: Floats, zero_crossings: int) -> Floats:
    """Return rows of low-pass taps of unit gain; `offsets` count samples from the centre."""
    beta = 0.1102 * (STOPBAND_DB - 8.7)
    inside = np.maximum(0.0, 1 - (offsets / zero_crossings) ** 2)
    rows: Floats = np.sinc(CUTOFF * offsets) * np.i0(beta * np.sqrt(inside))
    rows[inside == 0.0] = 0.0
    rows /= rows.sum(axis=1, keepdims=True)
    return rows
