"""Turn detection by Smart Turn v3: hears from the voice whether somebody has finished.

A small Whisper encoder listens to the last eight seconds; it knows 23 languages and no words.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from xtalk_edge.audio.format import RATE_HZ, pcm_to_floats
from xtalk_edge.engines.interfaces import TurnDetector
from xtalk_edge.engines.onnx_session import open_session
from xtalk_edge.engines.preflight import preflight
from xtalk_edge.engines.turn_detector.whisper_features import BANDS, HOP_SAMPLES, features
from xtalk_edge.models.shelf import named_file

HEARS_SAMPLES = 8 * RATE_HZ
SHORTEST_SAMPLES = RATE_HZ // 5
"""A fifth of a second: less is no intonation."""

INPUT = "input_features"
SHAPE = (1, BANDS, HEARS_SAMPLES // HOP_SAMPLES)


class SmartTurnDetector(TurnDetector):
    """Judges how it was said; which words does not matter.

    Args:
        model: a fetched model's name, or its file: Smart Turn v3 for the CPU.

    Raises:
        ModelError: the file is missing, damaged, or another model.
    """

    def __init__(self, model: str) -> None:
        path = named_file(model, ".onnx")
        preflight(path, "onnx", f"{__name__}:check_model")
        self._network = _Network(path)

    def finished(self, text: str, audio: bytes) -> float | None:
        """Return the chance that nothing is missing; None where there is nothing to hear."""
        samples = pcm_to_floats(audio)[-HEARS_SAMPLES:]
        if len(samples) < SHORTEST_SAMPLES or not samples.any():
            return None
        return self._network.finished(samples)


class _Network:
    def __init__(self, path: Path) -> None:
        self._session = open_session(path)

    def finished(self, samples: NDArray[np.float32]) -> float:
        whole = np.pad(samples, (HEARS_SAMPLES - len(samples), 0))
        output = self._session.run(None, {INPUT: features(whole)[None]})[0]
        return float(np.clip(np.ravel(output)[0], 0.0, 1.0))


def check_model(path: str) -> None:
    """Raise unless the file is this network: for `preflight`."""
    network = _Network(Path(path))
    noise = np.random.default_rng(0).normal(0.0, 0.1, RATE_HZ).astype(np.float32)
    network.finished(noise)
    output = network._session.run(None, {INPUT: np.zeros(SHAPE, np.float32)})[0]
    if output.size != 1 or not 0.0 <= float(np.ravel(output)[0]) <= 1.0:
        raise ValueError("it is not a Smart Turn model")
