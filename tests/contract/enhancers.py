"""Models for the enhancers that need one: networks with the real inputs that change nothing.

They go through the real library, at the engines' own latency; what real weights do to noise is told
by `xtalk-edge bench enhance`.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tests.tiny_onnx import copying_onnx
from xtalk_edge.engines.enhancer.fastenhancer import FastEnhancer
from xtalk_edge.engines.enhancer.gtcrn import GTCRN


def still_fastenhancer() -> bytes:
    """Return a FastEnhancer that gives back each hop one hop late, as the real one does."""
    kept = {output: name for name, output in FastEnhancer.memory.items()}
    kept["cache_out_0"] = "wav_in"
    return copying_onnx({"wav_out": "cache_in_0", **kept}, FastEnhancer.shapes)


def still_gtcrn() -> bytes:
    """Return a GTCRN that gives back each spectrum."""
    kept = {output: name for name, output in GTCRN.memory.items()}
    return copying_onnx({"enh": "mix", **kept}, GTCRN.shapes, GTCRN_FACTS)


def still_dpdfnet(facts: Mapping[str, object] | None = None) -> bytes:
    """Return a DPDFNet that gives back each spectrum."""
    shapes = {"spec": (1, 1, 161, 2), "state_in": (DPDFNET_STATE,)}
    return copying_onnx({"spec_e": "spec", "state_out": "state_in"}, shapes, facts or DPDFNET_FACTS)


GTCRN_FACTS = {
    "model_type": "gtcrn", "version": 1, "sample_rate": 16_000, "n_fft": 512, "hop_length": 256,
    "window_length": 512, "window_type": "hann_sqrt",
    **{f"{cache}_shape": ",".join(map(str, GTCRN.shapes[cache])) for cache in GTCRN.memory},
}  # fmt: skip

DPDFNET_STATE = 200
DPDFNET_FACTS: dict[str, object] = {
    "model_type": "dpdfnet", "version": 1, "profile": "dpdfnet_16khz", "sample_rate": 16_000,
    "n_fft": 320, "hop_length": 160, "window_length": 320, "window_type": "vorbis",
    "normalized": 0, "center": 1, "pad_mode": "reflect", "freq_bins": 161, "erb_bins": 32,
    "spec_bins": 96, "state_size": DPDFNET_STATE, "erb_norm_state_size": 32,
    "spec_norm_state_size": 96, "erb_norm_init": ",".join(["0"] * 32),
    "spec_norm_init": ",".join(["0"] * 96),
}  # fmt: skip

STILL = {"fastenhancer": still_fastenhancer, "gtcrn": still_gtcrn, "sherpa": still_gtcrn}


def params(name: str, folder: Path) -> dict[str, Any]:
    """Return what an enhancer of that name needs; its model is written into the folder."""
    if name not in STILL:
        return {}
    path = folder / f"{name}.onnx"
    if not path.exists():
        path.write_bytes(STILL[name]())
    return {"model": str(path)}
