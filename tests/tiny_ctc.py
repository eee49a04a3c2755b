"""Writes a NeMo CTC model for whole utterances, of a few kB, that tells loud from quiet."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
from onnx import helper, save

from tests.tiny_graph import graph_of

TOKENS = "\u2581loud 0\n\u2581quiet 1\n<blk> 2\n"

SUBSAMPLING, BINS = 4, 80
LOUD_FROM = -9.0
"""Mean of the log mel energies: silence has -16."""

FACTS = {
    "vocab_size": 2, "subsampling_factor": SUBSAMPLING, "normalize_type": "",
    "model_type": "EncDecCTCModelBPE",
}  # fmt: skip


def write_ctc(folder: Path, facts: Mapping[str, object] | None = None) -> Path:
    """Write the model and its tokens; return the folder. Each burst of noise is "loud"."""
    nodes = [
        helper.make_node("ReduceMean", ["audio_signal", "bins"], ["energy"], keepdims=1),
        helper.make_node(
            "AveragePool", ["energy"], ["steps"],
            kernel_shape=[SUBSAMPLING], strides=[SUBSAMPLING],
        ),
        helper.make_node("Transpose", ["steps"], ["column"], perm=[0, 2, 1]),
        helper.make_node("Greater", ["column", "threshold"], ["is_loud"]),
        helper.make_node("Where", ["is_loud", "loud", "quiet"], ["logprobs"]),
        helper.make_node("Shape", ["logprobs"], ["shape"]),
        helper.make_node("Slice", ["shape", "one", "two"], ["count"]),
        helper.make_node("Sub", ["length", "length"], ["none"]),
        helper.make_node("Add", ["none", "count"], ["encoded_lengths"]),
    ]  # fmt: skip
    constants = {
        "bins": np.array([1]), "one": np.array([1]), "two": np.array([2]),
        "threshold": np.array([LOUD_FROM], np.float32),
        "loud": np.array([[[0.0, -10.0, -10.0]]], np.float32),
        "quiet": np.array([[[-10.0, -10.0, 0.0]]], np.float32),
    }  # fmt: skip
    model = graph_of(
        nodes,
        constants,
        {"audio_signal": ("B", BINS, "T"), "length": ("B",)},
        {"logprobs": ("B", "steps", 3), "encoded_lengths": ("B",)},
        FACTS if facts is None else facts,
        whole=["length", "encoded_lengths"],
    )
    save(model, folder / "model.onnx")
    (folder / "tokens.txt").write_text(TOKENS, encoding="utf-8")
    return folder
