"""AECMOS: a network of Microsoft's guesses what listeners would say of echo and of the talker.

The network reads log mel spectra of what was played, heard and cleaned, and behind them marks that
tell who speaks in the recording. Facts about it: the AEC-Challenge's own estimator.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from xtalk_edge.audio.format import RATE_HZ, Samples
from xtalk_edge.engines.onnx_session import open_session
from xtalk_edge.engines.preflight import preflight

Scenario = Literal["far-end", "near-end", "double talk"]
Floats = NDArray[np.float64]

WINDOW, HOP, BANDS = 513, 256, 160
LOUDEST_DB, LEAST_POWER, RANGE_DB = 40.0, 1e-10, 80.0
MARK_FRAMES = 20
HIDDEN_SHAPE = (4, 1, 64)
LONGEST_S = 20
LINEAR_BELOW_HZ, LINEAR_STEP_HZ, LOG_STEP = 1000.0, 200 / 3, np.log(6.4) / 27


@dataclass(frozen=True, slots=True)
class Opinion:
    """Mean opinion scores, 1 to 5."""

    echo: float
    """How little echo is heard."""
    other: float
    """How little else is wrong, above all with the talker."""


class Aecmos:
    """The judge.

    Args:
        path: its network for 16 kHz (Run_1663915512_Stage_0.onnx).

    Raises:
        ModelError: the file is missing or damaged.
    """

    def __init__(self, path: Path) -> None:
        preflight(path, "onnx")
        self._session = open_session(path)
        self._window = np.hanning(WINDOW + 1)[:-1]
        self._bands = _mel_bands()

    def judge(self, scenario: Scenario, far: Samples, near: Samples, clean: Samples) -> Opinion:
        """Return the opinion of three signals of one length at 16 kHz."""
        someone_near, someone_far = scenario != "far-end", scenario != "near-end"
        parts = [(far, someone_far), (near, someone_near), (clean, True)]
        read = np.stack([self._marked(sound, float(mark)) for sound, mark in parts])
        fed = {"input": read[None].astype(np.float32), "h0": np.zeros(HIDDEN_SHAPE, np.float32)}
        echo, other = np.asarray(self._session.run(None, fed)[0]).ravel()[:2]
        return Opinion(float(echo), float(other))

    def _marked(self, sound: Samples, mark: float) -> Floats:
        spectrum = self._log_mel(sound[: LONGEST_S * RATE_HZ].astype(np.float64) / 32_768)
        marks = np.full((MARK_FRAMES, BANDS), mark)
        return np.concatenate((spectrum, marks, np.zeros((MARK_FRAMES, BANDS))))

    def _log_mel(self, sound: Floats) -> Floats:
        padded = np.pad(sound, WINDOW // 2)
        frames = np.lib.stride_tricks.sliding_window_view(padded, WINDOW)[::HOP]
        power = np.square(np.abs(np.fft.rfft(frames * self._window))) @ self._bands.T
        decibels = 10 * np.log10(np.maximum(power, LEAST_POWER))
        decibels -= decibels.max()
        result: Floats = (np.maximum(decibels, -RANGE_DB) + LOUDEST_DB) / LOUDEST_DB
        return result


def _mel_bands() -> Floats:
    """Return triangles of equal area on Slaney's mel scale, (BANDS, WINDOW // 2 + 1)."""
    edges = _hz(np.linspace(0.0, _mel(RATE_HZ / 2), BANDS + 2))
    at_hz = np.linspace(0.0, RATE_HZ / 2, WINDOW // 2 + 1) * (WINDOW - 1) / WINDOW
    rising = (at_hz[None] - edges[:-2, None]) / np.diff(edges)[:-1, None]
    falling = (edges[2:, None] - at_hz[None]) / np.diff(edges)[1:, None]
    triangles = np.maximum(0.0, np.minimum(rising, falling))
    bands: Floats = triangles * (2.0 / (edges[2:] - edges[:-2]))[:, None]
    return bands


def _mel(hz: float) -> float:
    if hz < LINEAR_BELOW_HZ:
        return hz / LINEAR_STEP_HZ
    return float(LINEAR_BELOW_HZ / LINEAR_STEP_HZ + np.log(hz / LINEAR_BELOW_HZ) / LOG_STEP)


def _hz(mels: Floats) -> Floats:
    knee = LINEAR_BELOW_HZ / LINEAR_STEP_HZ
    above = LINEAR_BELOW_HZ * np.exp(LOG_STEP * (mels - knee))
    return np.where(mels < knee, mels * LINEAR_STEP_HZ, above)
