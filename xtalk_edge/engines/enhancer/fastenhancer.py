"""Speech enhancement by FastEnhancer: a network from wave to wave."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar

import numpy as np

from xtalk_edge.engines.enhancer.networks import HOP_SAMPLES, NetworkEnhancer, Wave

_CACHES = {
    "cache_in_0": (1, HOP_SAMPLES),
    "cache_in_1": (1, HOP_SAMPLES),
    "cache_in_2": (1, 36, 48),
    "cache_in_3": (1, 36, 48),
    "cache_in_4": (1, 36, 48),
}


class FastEnhancer(NetworkEnhancer):
    """Removes noise of any kind, and keeps speech.

    Args:
        model: path of FastEnhancer-S for streaming, 16 kHz.

    Raises:
        ModelError: the file is missing, damaged, or another model.
    """

    shapes: ClassVar = {"wav_in": (1, HOP_SAMPLES), **_CACHES}
    memory: ClassVar = {name: name.replace("in", "out") for name in _CACHES}

    def _clean_wave(self, hop: Wave) -> Wave:
        cleaned: Wave = self._network.next(hop[None].astype(np.float32))[0].astype(np.float64)
        return cleaned


def check_model(path: str) -> None:
    """Raise unless the file is this network: for `preflight`."""
    FastEnhancer.check(Path(path))
