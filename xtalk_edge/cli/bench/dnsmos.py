"""DNSMOS P.835: a network of Microsoft's guesses what listeners would say of speech and noise.

The network hears nine seconds; what it says is brought to the scale of listeners by parabolas.
Facts about it: the DNS-Challenge's own estimator.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from xtalk_edge.audio.format import FULL_SCALE, RATE_HZ, Samples
from xtalk_edge.engines.onnx_session import open_session
from xtalk_edge.engines.preflight import preflight

HEARD_S = 9.01
STEP_S = 1.0

OVERALL = (-0.06766283, 1.11546468, 0.04602535)
"""From the network's overall opinion to listeners' (square, linear, constant)."""


class Dnsmos:
    """The judge.

    Args:
        path: its network (sig_bak_ovr.onnx).

    Raises:
        ModelError: the file is missing or damaged.
    """

    def __init__(self, path: Path) -> None:
        preflight(path, "onnx")
        self._session = open_session(path)

    def overall(self, sound: Samples) -> float:
        """Return the overall mean opinion score of a sound at 16 kHz, 1 to 5."""
        size = round(HEARD_S * RATE_HZ)
        wave = sound.astype(np.float32) / np.float32(FULL_SCALE)
        # Shorter sounds are heard again and again.
        wave = np.tile(wave, -(-size // len(wave))) if len(wave) < size else wave
        starts = range(0, len(wave) - size + 1, round(STEP_S * RATE_HZ))
        return float(np.mean([self._of(wave[start : start + size]) for start in starts]))

    def _of(self, wave: NDArray[np.float32]) -> float:
        _, _, said = np.asarray(self._session.run(None, {"input_1": wave[None]})[0]).ravel()
        return float(np.polyval(OVERALL, said))
