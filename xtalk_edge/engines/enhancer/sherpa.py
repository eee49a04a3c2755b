"""Speech enhancement by sherpa-onnx: GTCRN's network or DPDFNet's."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from xtalk_edge.audio.format import RATE_HZ, floats_to_samples, pcm_to_floats, samples_to_pcm
from xtalk_edge.engines.enhancer.hops import HopEnhancer
from xtalk_edge.engines.onnx_facts import model_facts
from xtalk_edge.engines.preflight import preflight
from xtalk_edge.engines.sherpa_library import loading, sherpa_version
from xtalk_edge.errors import ModelError
from xtalk_edge.models.shelf import named_file

KINDS = {
    "gtcrn": "OfflineSpeechDenoiserGtcrnModelConfig",
    "dpdfnet": "OfflineSpeechDenoiserDpdfNetModelConfig",
}
"""What a network calls itself, and its settings in sherpa_onnx."""

_CURE = "name a GTCRN or a DPDFNet of 16 kHz as sherpa-onnx publishes it"


class SherpaEnhancer(HopEnhancer):
    """Removes noise of any kind, and keeps speech; one hop late.

    Args:
        model: a fetched model's name, or its file.

    Raises:
        ModelError: the file is missing, damaged, of another kind or another sample rate.
        EngineError: sherpa-onnx is not installed.
    """

    is_costly = True

    def __init__(self, model: str) -> None:
        super().__init__()
        self._path = named_file(model, ".onnx")
        _kind(self._path)
        preflight(self._path, sherpa_version("enhancer", "sherpa"), f"{__name__}:check_model")
        with loading(self._path):
            self._denoiser = _load(self._path)
        self.hop_samples = self.latency_samples = int(self._denoiser.frame_shift_in_samples)

    def clone(self) -> SherpaEnhancer:
        """Return an independent enhancer."""
        return SherpaEnhancer(str(self._path))

    def _clean(self, hop: bytes) -> bytes:
        cleaned = self._denoiser.run(pcm_to_floats(hop), RATE_HZ).samples
        # The library keeps back the first hop, and with it the delay.
        return samples_to_pcm(floats_to_samples(np.array(cleaned))) or bytes(len(hop))

    def _forget(self) -> None:
        self._denoiser.reset()


def _kind(path: Path) -> str:
    facts = model_facts(path, _CURE).metadata
    kind = facts.get("model_type", "")
    if kind not in KINDS or facts.get("sample_rate") != str(RATE_HZ):
        raise ModelError(f"{path} is no enhancer that is known here; {_CURE}")
    return kind


def _load(path: Path) -> Any:
    """Return a sherpa_onnx.OnlineSpeechDenoiser."""
    import sherpa_onnx

    kind = _kind(path)
    settings = getattr(sherpa_onnx, KINDS[kind])(str(path))
    model = sherpa_onnx.OfflineSpeechDenoiserModelConfig(**{kind: settings}, num_threads=1)
    return sherpa_onnx.OnlineSpeechDenoiser(sherpa_onnx.OnlineSpeechDenoiserConfig(model))


def check_model(path: str) -> None:
    """Raise unless the network gives back a hop for each hop but the first: for `preflight`."""
    denoiser = _load(Path(path))
    hop = np.zeros(int(denoiser.frame_shift_in_samples), np.float32)
    given = [len(denoiser.run(hop, RATE_HZ).samples) for _ in range(4)]
    if given != [0, len(hop), len(hop), len(hop)]:
        raise ValueError(f"it gives back {given} samples for hops of {len(hop)}")
