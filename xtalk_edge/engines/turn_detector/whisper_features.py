"""What Whisper's encoder sees of a sound: a log mel spectrogram, 100 frames of 80 bands a second.

The scale of the bands is Slaney's (linear below 1 kHz, logarithmic above), each of equal area.
"""

from __future__ import annotations

import functools
from typing import Final

import numpy as np
from numpy.typing import NDArray

from xtalk_edge.audio.format import RATE_HZ

BANDS: Final = 80
HOP_SAMPLES: Final = 160
_WINDOW_SAMPLES = 400
_HIGHEST_HZ = RATE_HZ / 2

_LINEAR_HZ_A_MEL = 200 / 3
_LINEAR_BELOW_HZ = 1_000.0
_LOG_STEP = np.log(6.4) / 27
"""Above, as much a mel that 27 of them are from 1 to 6.4 kHz."""

_LEAST_POWER = 1e-10
_RANGE_DECADES = 8.0
"""Nothing counts as further below the loudest."""


def features(samples: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the spectrogram; (bands, frames), a frame for each hop.

    Args:
        samples: at 16 kHz, of any level: brought to mean 0 and variance 1.
    """
    level = (samples - samples.mean()) / np.sqrt(samples.var() + 1e-7)
    padded = np.pad(level, _WINDOW_SAMPLES // 2, mode="reflect")
    frames = np.lib.stride_tricks.sliding_window_view(padded, _WINDOW_SAMPLES)[::HOP_SAMPLES]
    frames = frames[: len(samples) // HOP_SAMPLES]
    power = np.abs(np.fft.rfft(frames * _window(), axis=1).astype(np.complex64)) ** 2
    decades = np.log10(np.maximum(power @ _bands(), _LEAST_POWER)).T
    decades = np.maximum(decades, decades.max() - _RANGE_DECADES)
    scaled: NDArray[np.float32] = ((decades + 4.0) / 4.0).astype(np.float32)
    return scaled


@functools.cache
def _window() -> NDArray[np.float32]:
    return np.hanning(_WINDOW_SAMPLES + 1)[:-1].astype(np.float32)


@functools.cache
def _bands() -> NDArray[np.float32]:
    """Return the weight of each bin in each band; (bins, bands)."""
    edges_hz = _mel_to_hz(np.linspace(0.0, _hz_to_mel(_HIGHEST_HZ), BANDS + 2))
    bins_hz = np.linspace(0.0, _HIGHEST_HZ, _WINDOW_SAMPLES // 2 + 1)[:, None]
    low, middle, high = edges_hz[:-2], edges_hz[1:-1], edges_hz[2:]
    rising, falling = (bins_hz - low) / (middle - low), (high - bins_hz) / (high - middle)
    triangles = np.maximum(0.0, np.minimum(rising, falling)) * (2.0 / (high - low))
    return triangles.astype(np.float32)


def _hz_to_mel(hz: float) -> float:
    """Return the mel of a frequency above where the scale is linear."""
    linear = _LINEAR_BELOW_HZ / _LINEAR_HZ_A_MEL
    return linear + float(np.log(hz / _LINEAR_BELOW_HZ) / _LOG_STEP)


def _mel_to_hz(mels: NDArray[np.float64]) -> NDArray[np.float64]:
    above = mels - _LINEAR_BELOW_HZ / _LINEAR_HZ_A_MEL
    logarithmic = _LINEAR_BELOW_HZ * np.exp(_LOG_STEP * np.maximum(above, 0.0))
    return np.where(above > 0.0, logarithmic, mels * _LINEAR_HZ_A_MEL)
