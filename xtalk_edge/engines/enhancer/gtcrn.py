"""Speech enhancement by GTCRN: a tiny network on spectra, one hop of 16 ms at a time."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from xtalk_edge.audio.format import FULL_SCALE
from xtalk_edge.engines.enhancer.hops import HopEnhancer, to_pcm
from xtalk_edge.engines.enhancer.networks import StreamingNetwork
from xtalk_edge.engines.preflight import preflight

HOP_SAMPLES = 256
WINDOW_SAMPLES = 2 * HOP_SAMPLES
BINS = WINDOW_SAMPLES // 2 + 1
SHAPES = {
    "mix": (1, BINS, 1, 2),
    "conv_cache": (2, 1, 16, 16, 33),
    "tra_cache": (2, 3, 1, 1, 16),
    "inter_cache": (2, 1, 33, 16),
}
"""Of the streaming export that sherpa-onnx uses, too."""

MEMORY = {name: f"{name}_out" for name in SHAPES if name.endswith("cache")}


class GTCRN(HopEnhancer):
    """Removes noise of any kind, and keeps speech; much as FastEnhancer, from a smaller file.

    Args:
        model: path of GTCRN for streaming, 16 kHz.

    Raises:
        ModelError: the file is missing, damaged, or another model.
    """

    hop_samples = HOP_SAMPLES
    latency_samples = HOP_SAMPLES

    def __init__(self, model: str) -> None:
        super().__init__()
        self._model = model
        path = Path(model).expanduser()
        preflight(path, "onnx", f"{__name__}:check_model")
        self._network = _network(path)
        # The square root of Hann's, before and behind: together they overlap to one.
        self._window = np.sqrt(np.hanning(WINDOW_SAMPLES + 1)[:-1])
        self._before: NDArray[np.float64] = np.zeros(HOP_SAMPLES)
        self._overlap: NDArray[np.float64] = np.zeros(HOP_SAMPLES)

    def _clean(self, hop: bytes) -> bytes:
        wave = np.frombuffer(hop, "<i2").astype(np.float64) / FULL_SCALE
        heard = np.concatenate((self._before, wave))
        self._before = wave
        spectrum = np.fft.rfft(heard * self._window)
        fed = np.stack((spectrum.real, spectrum.imag), -1).astype(np.float32)
        cleaned = self._network.next(fed[None, :, None])[0, :, 0].astype(np.float64)
        said = np.fft.irfft(cleaned[:, 0] + 1j * cleaned[:, 1], WINDOW_SAMPLES) * self._window
        whole = self._overlap + said[:HOP_SAMPLES]
        self._overlap = said[HOP_SAMPLES:]
        return to_pcm(whole)

    def _forget(self) -> None:
        self._network.reset()
        self._before, self._overlap = np.zeros(HOP_SAMPLES), np.zeros(HOP_SAMPLES)

    def clone(self) -> GTCRN:
        """Return an independent enhancer with the same model."""
        return GTCRN(self._model)


def check_model(path: str) -> None:
    """Raise unless the file is this network: for `preflight`."""
    cleaned = _network(Path(path)).next(np.zeros(SHAPES["mix"], np.float32))
    if cleaned.shape != SHAPES["mix"]:
        raise ValueError("it is not GTCRN for streaming")


def _network(path: Path) -> StreamingNetwork:
    return StreamingNetwork(path, SHAPES, MEMORY)
