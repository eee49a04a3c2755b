"""Which sample was captured when: a robust line through (sample, monotonic time) pairs.

Pure. Late or wild observations are outvoted; a lasting jump (a restarted device, samples lost
unannounced) starts a new line that keeps the drift learned so far.
"""

from __future__ import annotations

import math
from collections import deque

import numpy as np
from numpy.typing import NDArray

SPACING_S = 0.1
"""Of observations closer than this only the first is kept: a fit costs time on a small board."""

MOST_OBSERVATIONS = 256
"""A window of 25 s: 1 ms of jitter then moves the drift by some 9 ppm."""

NEWS = 1 / 16
"""Fit again when this part of the window is new: until then the line has hardly moved."""

JUMP_S = 0.03
"""Further off than this is not jitter: 14 ms was the longest interval of 10 ms callbacks."""

JUMP_OBSERVATIONS = 8
"""So many in a row, agreeing with one another, are a jump and not late callbacks."""

LIKELY_DRIFT = 200e-6
"""What the crystals of sound cards differ by; a short window is not believed to show more."""

LEAST_JITTER_S = 100e-6
"""Timestamps are never taken to be better than this."""

ROUNDS = 4
"""After so many re-weightings the line moves by less than a microsecond."""


class SampleClock:
    """Maps absolute sample indices to monotonic seconds and back."""

    def __init__(self, rate_hz: int) -> None:
        self.rate_hz = rate_hz
        self._kept: deque[tuple[int, float]] = deque(maxlen=MOST_OBSERVATIONS)
        self._suspects: deque[tuple[int, float]] = deque(maxlen=JUMP_OBSERVATIONS)
        self._news = 0
        """Observations kept since the last fit."""
        self._line = (0, 0.0, 0.0)
        """A sample, its time, and the seconds gained per nominal second, which is the inverse of
        drift: replaced as a whole, since other threads than the observer's ask."""
        self.jumps = 0
        """How often the line had to start anew."""

    @property
    def ready(self) -> bool:
        """Tell whether there has been an observation; without one nothing can be mapped."""
        return bool(self._kept)

    @property
    def drift_ppm(self) -> float:
        """How much faster than `rate_hz` the card runs by this machine's clock, in ppm."""
        self._fit_if_due()
        return (1 / (1 + self._line[2]) - 1) * 1e6

    def observe(self, sample: int, at_s: float) -> None:
        """Note that `sample` was at the microphone at `at_s`; nonsense times are left out."""
        if not math.isfinite(at_s):
            return
        if self._kept and abs(at_s - self.to_s(sample)) > JUMP_S:
            self._suspects.append((sample, at_s))
            if self._suspects_agree():
                self._kept = deque(self._suspects, MOST_OBSERVATIONS)
                self._suspects.clear()
                self._news = JUMP_OBSERVATIONS
                self.jumps += 1
            return
        self._suspects.clear()
        if not self._kept or sample - self._kept[-1][0] >= SPACING_S * self.rate_hz:
            self._kept.append((sample, at_s))
            self._news += 1

    def to_s(self, sample: int) -> float:
        """Return when `sample` was at the microphone; ValueError before any observation."""
        self._fit_if_due()
        if not self._kept:
            raise ValueError("the sample clock has seen no sound yet; ask `ready` first")
        at_sample, at_s, slope = self._line
        return at_s + (sample - at_sample) / self.rate_hz * (1 + slope)

    def to_sample(self, at_s: float) -> int:
        """Return the sample nearest to `at_s`; ValueError before any observation."""
        self.to_s(0)
        sample, sample_s, slope = self._line
        return sample + round((at_s - sample_s) / (1 + slope) * self.rate_hz)

    def _suspects_agree(self) -> bool:
        if len(self._suspects) < JUMP_OBSERVATIONS:
            return False
        first_sample, first_s = self._suspects[0]
        offsets = [
            at_s - first_s - (sample - first_sample) / self.rate_hz
            for sample, at_s in self._suspects
        ]
        return max(offsets) - min(offsets) <= JUMP_S

    def _fit_if_due(self) -> None:
        if self._news == 0 or self._news < NEWS * len(self._kept):
            return
        # Taken in one go: the observer may add to it meanwhile.
        kept = tuple(self._kept)
        at_sample, origin_s = kept[-1]
        samples = np.array([sample for sample, _ in kept], np.float64)
        times = np.array([at_s for _, at_s in kept])
        nominal_s = (samples - at_sample) / self.rate_hz
        offset_s, slope = _robust_line(nominal_s, times - origin_s - nominal_s, self._line[2])
        self._line = at_sample, origin_s + offset_s, slope
        # Not before: somebody else would take the line before it for good.
        self._news = 0


def _robust_line(
    x: NDArray[np.float64], y: NDArray[np.float64], likely_slope: float
) -> tuple[float, float]:
    """Return offset and slope of y over x: Huber weights, and a prior on the slope."""
    slope = likely_slope
    offset = float(np.median(y - slope * x))
    for _ in range(ROUNDS):
        error = np.abs(y - offset - slope * x)
        jitter = max(LEAST_JITTER_S, 1.4826 * float(np.median(error)))
        weight = np.minimum(1.0, 1.5 * jitter / np.maximum(error, 1e-12))
        mean_x, mean_y = np.average(x, weights=weight), np.average(y, weights=weight)
        dx, dy = x - mean_x, y - mean_y - likely_slope * (x - mean_x)
        prior = (jitter / LIKELY_DRIFT) ** 2
        slope = likely_slope + float((weight * dx * dy).sum() / ((weight * dx * dx).sum() + prior))
        offset = float(mean_y - slope * mean_x)
    return offset, slope
