"""Speaker embeddings by sherpa-onnx: models of WeSpeaker, 3D-Speaker and NeMo."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from xtalk_edge.audio.format import RATE_HZ, pcm_to_floats
from xtalk_edge.engines.interfaces import SpeakerEncoder
from xtalk_edge.engines.onnx_facts import model_facts
from xtalk_edge.engines.preflight import preflight
from xtalk_edge.engines.sherpa_library import checked_threads, loading, sherpa_version
from xtalk_edge.errors import ModelError
from xtalk_edge.models.shelf import named_file

FRAMEWORKS = frozenset({"wespeaker", "3d-speaker", "nemo"})
SHORTEST_SAMPLES = RATE_HZ // 2
"""Half a second: of less, vectors say more about the words than about the voice."""

_CURE = "name a WeSpeaker, 3D-Speaker or NeMo speaker model as sherpa-onnx publishes it"


class SherpaSpeakerEncoder(SpeakerEncoder):
    """Tells voices apart by a network.

    Args:
        model: a fetched model's name, or its file.
        threads: processor cores to use.

    Raises:
        ConfigError: `threads` is out of range.
        ModelError: the file is missing, damaged, or another model.
        EngineError: sherpa-onnx is not installed.
    """

    def __init__(self, model: str, threads: int = 1) -> None:
        checked_threads("speaker", threads)
        path = named_file(model, ".onnx")
        facts = model_facts(path, _CURE).metadata
        # Of a model it does not know the library makes an extractor too, and crashes later.
        if facts.get("framework") not in FRAMEWORKS:
            raise ModelError(f"{path} is no speaker model that is known here; {_CURE}")
        preflight(path, sherpa_version("speaker", "sherpa"), f"{__name__}:check_model")
        with loading(path):
            self._extractor = _load(path, threads)

    def extract(self, audio: bytes) -> NDArray[np.float32] | None:
        """Return a vector of length 1; None of less than half a second, or of silence."""
        samples = pcm_to_floats(audio)
        if len(samples) < SHORTEST_SAMPLES or not samples.any():
            return None
        vector = _vector(self._extractor, samples)
        length = float(np.linalg.norm(vector))
        return vector / np.float32(length) if np.isfinite(length) and length > 0.0 else None


def _load(path: Path, threads: int) -> Any:
    """Return a sherpa_onnx.SpeakerEmbeddingExtractor."""
    import sherpa_onnx

    config = sherpa_onnx.SpeakerEmbeddingExtractorConfig(model=str(path), num_threads=threads)
    return sherpa_onnx.SpeakerEmbeddingExtractor(config)


def _vector(extractor: Any, samples: NDArray[np.float32]) -> NDArray[np.float32]:
    stream = extractor.create_stream()
    stream.accept_waveform(RATE_HZ, samples)
    stream.input_finished()
    return np.array(extractor.compute(stream), np.float32)


def check_model(path: str) -> None:
    """Raise unless the network makes a vector of a second of noise: for `preflight`."""
    extractor = _load(Path(path), threads=1)
    noise = np.random.default_rng(0).normal(0.0, 0.1, RATE_HZ).astype(np.float32)
    vector = _vector(extractor, noise)
    if vector.shape != (extractor.dim,) or not np.isfinite(vector).all():
        raise ValueError("it makes no vector of a voice")
