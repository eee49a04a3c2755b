"""How long sound takes from the far end to the microphone, and how the two clocks drift. Pure.

The path is the card's own buffers, the loudspeaker, the air and the microphone. It is found in what
the device plays anyway: the correlation of both, each frequency weighing the same (PHAT), has its
peak at the direct sound.
"""

from __future__ import annotations

from collections import deque

import numpy as np
from numpy.typing import NDArray

from xtalk_edge.audio.format import RATE_HZ, Samples

FAR_SAMPLES = 8_192
"""Half a second of what was played: several syllables."""

LONGEST_S = 0.5
"""Sound servers and televisions hold sound back for 300 ms."""

NEAR_SAMPLES = FAR_SAMPLES + round(LONGEST_S * RATE_HZ)
"""What was captured from the same moment on."""

_SIZE = 1 << (NEAR_SAMPLES - 1).bit_length()

KEEP = 0.6
"""Of what was found before; two clocks 100 ppm apart have moved by one sample in between."""

SURE = 9.0
"""The peak against the RMS of all other places: noise alone reaches 4.5 among 8,000."""

DIRECT = 128
"""Samples of a path that hold its direct sound and the first reflections: 8 ms."""

_LOWEST_HZ, _HIGHEST_HZ = 200.0, 7_000.0
"""Where loudspeakers of such devices sound."""

DRIFT_NEEDS_S = 20.0
"""A delay is known to a sample, 62 us: over 20 s that is 3 ppm."""

_REMEMBERED = 240


class LoopDelay:
    """Finds the delay from pieces of far end and microphone."""

    def __init__(self) -> None:
        self._played = np.zeros(_SIZE // 2 + 1, np.complex128)
        self._cross = np.zeros_like(self._played)
        frequencies = np.fft.rfftfreq(_SIZE, 1 / RATE_HZ)
        self._used = (frequencies >= _LOWEST_HZ) & (frequencies <= _HIGHEST_HZ)
        self._found: deque[tuple[float, float]] = deque(maxlen=_REMEMBERED)
        self.delay_s: float | None = None
        """Of the direct sound; None while it is not known."""

    def observe(self, far: Samples, near: Samples, at_s: float) -> None:
        """Take `FAR_SAMPLES` of far end and the `NEAR_SAMPLES` captured from then on.

        `at_s` is when they began.
        """
        self._played = np.fft.rfft(far, _SIZE)
        cross = np.conj(self._played) * np.fft.rfft(near, _SIZE)
        cross = np.where(self._used, cross / np.maximum(np.abs(cross), 1e-9), 0.0)
        self._cross = KEEP * self._cross + cross
        likeness = np.abs(np.fft.irfft(self._cross, _SIZE)[: round(LONGEST_S * RATE_HZ)])
        peak = int(np.argmax(likeness))
        if likeness[peak] < SURE * float(np.sqrt(np.square(likeness).mean())):
            self.delay_s = None
            return
        self.delay_s = (peak + _between(likeness, peak)) / RATE_HZ
        self._found.append((at_s, self.delay_s))

    def echo_power(self, heard: Samples) -> tuple[float, float]:
        """Return how strongly what was observed last comes back, and how strongly by chance.

        Both are mean squares of the path's impulse response, in `DIRECT` samples around the delay,
        which must be known, and everywhere else. Talkers and noise, which the far end knows nothing
        of, raise only the latter.

        Args:
            heard: the `NEAR_SAMPLES` captured with it, as they came or cleaned.
        """
        assert self.delay_s is not None
        weights = np.square(np.abs(self._played))
        # Where nothing was played nothing can be told; a thousandth of the loudest counts as that.
        weights += 1e-3 * weights.max() + 1e-9
        spectrum = np.conj(self._played) * np.fft.rfft(heard, _SIZE) / weights
        response = np.fft.irfft(spectrum, _SIZE)[: round(LONGEST_S * RATE_HZ)]
        start = max(0, round(self.delay_s * RATE_HZ) - DIRECT // 4)
        direct = np.zeros(len(response), bool)
        direct[start : start + DIRECT] = True
        return float(np.square(response[direct]).mean()), float(np.square(response[~direct]).mean())

    @property
    def drift_ppm(self) -> float | None:
        """How much faster the microphone's clock runs than the loudspeaker's; None if unknown."""
        if not self._found or self._found[-1][0] - self._found[0][0] < DRIFT_NEEDS_S:
            return None
        at_s, delay_s = np.array(self._found).T
        slopes = np.diff(delay_s) / np.maximum(np.diff(at_s), 1e-3)
        # A jump (lost sound, another reflection) is no drift.
        steady = np.abs(slopes - np.median(slopes)) < 1e-3
        if not steady.any():
            return None
        return float(1e6 * np.average(slopes[steady], weights=np.diff(at_s)[steady]))


def _between(likeness: NDArray[np.float64], peak: int) -> float:
    """Return by how much of a sample the true peak lies beside the highest sample."""
    if not 0 < peak < len(likeness) - 1:
        return 0.0
    before, at, behind = likeness[peak - 1 : peak + 2]
    return float(0.5 * (behind - before) / max(2 * at - before - behind, 1e-9))
