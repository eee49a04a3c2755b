"""Voice activity detection by sherpa-onnx: Silero's network or TEN's.

The library says yes or no to each frame and hides how sure it is; TEN's network is heard no other
way. For Silero's, `silero` says more.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from xtalk_edge.audio.format import RATE_HZ, pcm_to_floats
from xtalk_edge.config.files import data_path
from xtalk_edge.engines.interfaces import VAD
from xtalk_edge.engines.onnx_facts import model_facts
from xtalk_edge.engines.preflight import preflight
from xtalk_edge.engines.sherpa_library import loading, sherpa_version
from xtalk_edge.engines.vad.frames import check_frame
from xtalk_edge.engines.vad.silero import DEFAULT_MODEL
from xtalk_edge.errors import ConfigError
from xtalk_edge.models.shelf import named_file

TEN, SILERO = "ten_vad", "silero_vad"
FRAME_SAMPLES = {TEN: 256, SILERO: 512}

SHORTEST_S = 0.001
"""Of speech and of silence, as the library counts them: how long either must last is decided
elsewhere, and it takes no less."""

_CURE = "name ten-vad.onnx or silero_vad.onnx as sherpa-onnx publishes it"


class SherpaVAD(VAD):
    """Says 1.0 of a frame that is speech and 0.0 of another.

    Args:
        model: a fetched model's name, or its file; "" for the Silero that set-up fetched.
        speech_from: probability above which a frame is speech; what began as speech goes on a
            little below. The slot's own thresholds have nothing to choose from.

    Raises:
        ConfigError: `speech_from` is out of range.
        ModelError: the file is missing, damaged, or another model.
        EngineError: sherpa-onnx is not installed.
    """

    def __init__(self, model: str = "", speech_from: float = 0.5) -> None:
        if not 0.05 <= speech_from <= 0.95:
            raise ConfigError(f"vad.speech_from: must be from 0.05 to 0.95, got {speech_from}")
        path = named_file(model, ".onnx") if model else data_path(DEFAULT_MODEL)
        kind = _kind(path)
        preflight(path, sherpa_version("vad", "sherpa"), f"{__name__}:check_model")
        self.frame_samples = FRAME_SAMPLES[kind]
        with loading(path):
            self._model = _load(path, kind, speech_from)
        self.reset()

    def probability(self, frame: bytes) -> float:
        """Return 1.0 where the next frame is speech, else 0.0.

        Raises:
            EngineError: the frame has another size.
        """
        check_frame(frame, self.frame_samples)
        return float(_hear(self._model, self._window, pcm_to_floats(frame)))

    def reset(self) -> None:
        """Forget earlier frames."""
        self._model.reset()
        self._window = np.zeros(self._model.window_size(), np.float32)


def _kind(path: Path) -> str:
    return TEN if model_facts(path, _CURE).metadata.get("model_type") == "ten-vad" else SILERO


def _load(path: Path, kind: str, threshold: float) -> Any:
    """Return a sherpa_onnx.VadModel."""
    import sherpa_onnx

    config = sherpa_onnx.VadModelConfig(sample_rate=RATE_HZ)
    settings = getattr(config, kind)
    settings.model, settings.threshold = str(path), threshold
    settings.window_size = FRAME_SAMPLES[kind]
    settings.min_silence_duration = settings.min_speech_duration = SHORTEST_S
    return sherpa_onnx.VadModel.create(config)


def _hear(model: Any, window: Any, frame: Any) -> bool:
    """Put a frame behind what is left of the ones before, and tell whether it is speech."""
    # Silero's network sees the last 4 ms before a frame too. Another length ends the process.
    window[: -len(frame)] = window[len(frame) :]
    window[-len(frame) :] = frame
    return bool(model.is_speech(window))


def check_model(path: str) -> None:
    """Load the model and let it hear two frames: for `preflight`."""
    kind = _kind(Path(path))
    model = _load(Path(path), kind, 0.5)
    window = np.zeros(model.window_size(), np.float32)
    for _ in range(2):
        _hear(model, window, np.zeros(FRAME_SAMPLES[kind], np.float32))
