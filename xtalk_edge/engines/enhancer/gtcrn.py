"""Speech enhancement by GTCRN: a tiny network on spectra."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar

import numpy as np

from xtalk_edge.engines.enhancer.networks import HOP_SAMPLES, NetworkEnhancer, Wave

WINDOW_SAMPLES = 2 * HOP_SAMPLES
BINS = WINDOW_SAMPLES // 2 + 1

_CACHES = {
    "conv_cache": (2, 1, 16, 16, 33),
    "tra_cache": (2, 3, 1, 1, 16),
    "inter_cache": (2, 1, 33, 16),
}


class GTCRN(NetworkEnhancer):
    """Removes noise of any kind, and keeps speech; much as FastEnhancer, from a smaller file.

    Args:
        model: path of GTCRN for streaming, 16 kHz, as sherpa-onnx uses it.

    Raises:
        ModelError: the file is missing, damaged, or another model.
    """

    shapes: ClassVar = {"mix": (1, BINS, 1, 2), **_CACHES}
    memory: ClassVar = {name: f"{name}_out" for name in _CACHES}

    def __init__(self, model: str) -> None:
        super().__init__(model)
        # The square root of Hann's, before and behind: together they overlap to one.
        self._window = np.sqrt(np.hanning(WINDOW_SAMPLES + 1)[:-1])
        self._before: Wave = np.zeros(HOP_SAMPLES)
        self._overlap: Wave = np.zeros(HOP_SAMPLES)

    def _clean_wave(self, hop: Wave) -> Wave:
        spectrum = np.fft.rfft(np.concatenate((self._before, hop)) * self._window)
        self._before = hop
        fed = np.stack((spectrum.real, spectrum.imag), -1).astype(np.float32)
        cleaned = self._network.next(fed[None, :, None])[0, :, 0].astype(np.float64)
        said = np.fft.irfft(cleaned[:, 0] + 1j * cleaned[:, 1], WINDOW_SAMPLES) * self._window
        whole = self._overlap + said[:HOP_SAMPLES]
        self._overlap = said[HOP_SAMPLES:]
        return whole

    def _forget(self) -> None:
        super()._forget()
        self._before, self._overlap = np.zeros(HOP_SAMPLES), np.zeros(HOP_SAMPLES)


def check_model(path: str) -> None:
    """Raise unless the file is this network: for `preflight`."""
    GTCRN.check(Path(path))
