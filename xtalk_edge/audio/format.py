"""Sound as bytes, as int16 samples, and in decibels."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Samples = NDArray[np.int16]

RATE_HZ = 16000
"""The rate of the rings and of every engine's input: what speech models are made for."""

LOWEST_RATE_HZ = 4000
HIGHEST_RATE_HZ = 192000
"""Outside these a header is damaged rather than unusual."""

FULL_SCALE = 32768

SILENCE_DB = -120.0
"""What an all-zero sound counts as: below half a step of int16."""

SOUNDING_DB = -60.0
"""From here on a loudspeaker can be heard at a microphone beside it."""


def pcm_to_samples(pcm: bytes) -> Samples:
    """Return s16le bytes as samples; half a sample at the end is left out."""
    return np.frombuffer(pcm, "<i2", len(pcm) // 2).astype(np.int16)


def samples_to_pcm(samples: Samples) -> bytes:
    """Return samples as s16le bytes."""
    return samples.astype("<i2", copy=False).tobytes()


def to_int16(samples: NDArray[np.floating]) -> Samples:
    """Round and clip."""
    rounded: Samples = np.clip(np.rint(samples), -FULL_SCALE, FULL_SCALE - 1).astype(np.int16)
    return rounded


def pcm_to_floats(pcm: bytes) -> NDArray[np.float32]:
    """Return s16le bytes as networks want them, from -1 to 1; half a sample is left out."""
    return (np.frombuffer(pcm, "<i2", len(pcm) // 2) / FULL_SCALE).astype(np.float32)


def floats_to_samples(floats: NDArray[np.floating]) -> Samples:
    """Return what a network made as samples; what is no number is silence."""
    return to_int16(np.nan_to_num(floats) * FULL_SCALE)


def db_to_gain(db: float) -> float:
    """Return the factor that changes a level by `db`."""
    return float(10 ** (db / 20))


def gain_to_db(gain: float) -> float:
    """Return the level change of a factor, at least `SILENCE_DB`."""
    return max(SILENCE_DB, 20 * math.log10(gain)) if gain > 0 else SILENCE_DB


def power(samples: NDArray[np.int16] | NDArray[np.float64]) -> float:
    """Return the mean square, in int16 steps; 0 of nothing."""
    return float(np.mean(np.square(samples, dtype=np.float64))) if len(samples) else 0.0


def level_db(samples: NDArray[np.int16] | NDArray[np.float64]) -> float:
    """Return the RMS level in dB of full scale, at least `SILENCE_DB`."""
    return gain_to_db(math.sqrt(power(samples)) / FULL_SCALE)


@dataclass(frozen=True, slots=True)
class Sound:
    """A whole mono sound."""

    samples: Samples
    rate_hz: int

    @property
    def seconds(self) -> float:
        """How long it lasts."""
        return len(self.samples) / self.rate_hz
