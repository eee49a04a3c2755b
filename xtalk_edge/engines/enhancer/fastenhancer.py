"""Speech enhancement by FastEnhancer: a network from wave to wave, one hop of 16 ms at a time."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from xtalk_edge.audio.format import FULL_SCALE
from xtalk_edge.engines.enhancer.hops import HopEnhancer, to_pcm
from xtalk_edge.engines.enhancer.networks import StreamingNetwork
from xtalk_edge.engines.preflight import preflight

HOP_SAMPLES = 256
SHAPES = {
    "wav_in": (1, HOP_SAMPLES),
    "cache_in_0": (1, HOP_SAMPLES),
    "cache_in_1": (1, HOP_SAMPLES),
    "cache_in_2": (1, 36, 48),
    "cache_in_3": (1, 36, 48),
    "cache_in_4": (1, 36, 48),
}
"""Of FastEnhancer-S, exported for streaming."""

MEMORY = {name: name.replace("in", "out") for name in SHAPES if name.startswith("cache")}


class FastEnhancer(HopEnhancer):
    """Removes noise of any kind, and keeps speech.

    Args:
        model: path of FastEnhancer-S for streaming, 16 kHz.

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

    def _clean(self, hop: bytes) -> bytes:
        wave = np.frombuffer(hop, "<i2").astype(np.float32) / np.float32(FULL_SCALE)
        return to_pcm(self._network.next(wave[None])[0])

    def _forget(self) -> None:
        self._network.reset()

    def clone(self) -> FastEnhancer:
        """Return an independent enhancer with the same model."""
        return FastEnhancer(self._model)


def check_model(path: str) -> None:
    """Raise unless the file is this network: for `preflight`."""
    cleaned = _network(Path(path)).next(np.zeros(SHAPES["wav_in"], np.float32))
    if cleaned.shape != SHAPES["wav_in"]:
        raise ValueError("it is not FastEnhancer-S for streaming")


def _network(path: Path) -> StreamingNetwork:
    return StreamingNetwork(path, SHAPES, MEMORY)
