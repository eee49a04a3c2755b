"""Silero voice activity detection through onnxruntime.

The network sees each 32 ms frame behind the last 4 ms of the one before, and carries its state.
"""

from __future__ import annotations

import functools
import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from xtalk_edge.audio.format import pcm_to_floats
from xtalk_edge.config.files import data_path
from xtalk_edge.engines.interfaces import VAD
from xtalk_edge.engines.isolated import IsolatedEngine
from xtalk_edge.engines.onnx_session import open_session
from xtalk_edge.engines.preflight import preflight
from xtalk_edge.engines.vad.frames import check_frame
from xtalk_edge.errors import ModelError
from xtalk_edge.models.shelf import named_file

log = logging.getLogger(__name__)

DEFAULT_MODEL = "models/starter/silero_vad.onnx"
CONTEXT_SAMPLES = 64
STATE_SHAPE = (2, 1, 128)
RATE_HZ = np.array(16_000, dtype=np.int64)


class SileroVAD(VAD):
    """Silero on 32 ms frames, about 0.08 ms each; without its file, the slower built-in one.

    Args:
        model: path of silero_vad.onnx or silero_vad_16k_op15.onnx; "" for the one set-up fetched.

    Raises:
        ModelError: the file is given but missing, damaged, or another model.
    """

    frame_samples = 512

    def __init__(self, model: str = "") -> None:
        self._fallback: IsolatedEngine | None = None
        try:
            path = named_file(model, ".onnx") if model else data_path(DEFAULT_MODEL)
            preflight(path, "onnx", f"{__name__}:check_model")
        except ModelError:
            if model:
                raise
            _warn_once()
            # Its package and llama.cpp's bring libraries of the same name that do not fit one
            # another: never both in one process.
            self._fallback = IsolatedEngine("vad", "pysilero", {})
            return
        self._network = _Network(path)

    def probability(self, frame: bytes) -> float:
        """Return the chance of speech in the next 512 samples.

        Raises:
            EngineError: the frame has another size.
        """
        if self._fallback is not None:
            return float(self._fallback.probability(frame))
        check_frame(frame, self.frame_samples)
        return self._network.probability(pcm_to_floats(frame))

    def reset(self) -> None:
        """Forget earlier frames."""
        if self._fallback is not None:
            self._fallback.reset()
        else:
            self._network.reset()

    def close(self) -> None:
        """End the fallback's child process, if it is in use."""
        if self._fallback is not None:
            self._fallback.close()


class _Network:
    """The ONNX graph, its context and its state."""

    def __init__(self, path: Path) -> None:
        self._run: Callable[..., Any] = open_session(path).run
        self.reset()

    def reset(self) -> None:
        """Forget earlier frames."""
        self._window: npt.NDArray[np.float32] = np.zeros(
            (1, CONTEXT_SAMPLES + SileroVAD.frame_samples), dtype=np.float32
        )
        self._state = np.zeros(STATE_SHAPE, dtype=np.float32)

    def probability(self, samples: npt.NDArray[np.float32]) -> float:
        """Return the chance of speech in `samples`, which are 512 from -1 to 1."""
        self._window[0, :CONTEXT_SAMPLES] = self._window[0, -CONTEXT_SAMPLES:]
        self._window[0, CONTEXT_SAMPLES:] = samples
        output, self._state = self._run(
            ["output", "stateN"], {"input": self._window, "state": self._state, "sr": RATE_HZ}
        )
        return float(output[0, 0])


def check_model(path: str) -> None:
    """Raise unless the file is this network: for `preflight`."""
    network = _Network(Path(path))
    silence = np.zeros(SileroVAD.frame_samples, dtype=np.float32)
    if not 0.0 <= network.probability(silence) <= 1.0 or network._state.shape != STATE_SHAPE:
        raise ValueError("it is not a Silero voice activity model")


@functools.cache
def _warn_once() -> None:
    log.warning(
        "speech detection uses pysilero, at twenty times the CPU, because %s is missing or "
        "damaged; run `python models/fetch_silero.py` once while online",
        DEFAULT_MODEL,
    )
