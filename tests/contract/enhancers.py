"""Models for the enhancers that need one: networks with the real inputs that change nothing.

They go through the real library, at the engines' own latency; what real weights do to noise is told
by `xtalk-edge bench enhance`.
"""

from __future__ import annotations

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
    return copying_onnx({"enh": "mix", **kept}, GTCRN.shapes)


STILL = {"fastenhancer": still_fastenhancer, "gtcrn": still_gtcrn}


def params(name: str, folder: Path) -> dict[str, Any]:
    """Return what an enhancer of that name needs; its model is written into the folder."""
    if name not in STILL:
        return {}
    path = folder / f"{name}.onnx"
    if not path.exists():
        path.write_bytes(STILL[name]())
    return {"model": str(path)}
