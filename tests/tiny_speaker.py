"""Writes a speaker model of a few kB: a voice is the mean of its log mel spectrogram."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
from onnx import helper, save

from tests.tiny_graph import graph_of

BINS = 80
USUAL_LEVEL = -8.0
"""Of the features: what lies above points one way, what lies below the other."""

FACTS = {
    "framework": "wespeaker", "language": "English", "url": "-", "comment": "-",
    "sample_rate": 16_000, "output_dim": BINS, "normalize_samples": 1,
    "feature_normalize_type": "",
}  # fmt: skip


def write_speaker(folder: Path, facts: Mapping[str, object] | None = None) -> Path:
    """Write the model; return it."""
    nodes = [
        helper.make_node("ReduceMean", ["feats", "time"], ["mean"], keepdims=0),
        helper.make_node("Sub", ["mean", "usual"], ["embs"]),
    ]
    path = folder / "speaker.onnx"
    constants = {"time": np.array([1]), "usual": np.array(USUAL_LEVEL, np.float32)}
    save(
        graph_of(nodes, constants, {"feats": ("N", "T", BINS)}, {"embs": ("N", BINS)},
                 facts or FACTS),
        path,
    )  # fmt: skip
    return path
