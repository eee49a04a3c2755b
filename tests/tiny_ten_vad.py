"""Writes a TEN voice activity model of a few kB: what has much energy is speech."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
from onnx import helper, save

from tests.tiny_graph import graph_of

FEATURES, STATES, WINDOW = 41, 64, 768
LOUD_FROM = 0.0
"""Mean of the features: log energies, of which silence has about -20."""

FACTS = {
    "model_type": "ten-vad", "version": 1, "sample_rate": 16_000,
    "mean": ",".join(["0"] * FEATURES), "inv_stddev": ",".join(["1"] * FEATURES),
    "window": ",".join(["1"] * WINDOW),
}  # fmt: skip


def write_ten_vad(folder: Path, facts: Mapping[str, object] | None = None) -> Path:
    """Write the model; return it."""
    states = (2, 3, 6, 7)
    nodes = [
        helper.make_node("ReduceMean", ["input_1"], ["mean"], keepdims=1),
        helper.make_node("Sub", ["mean", "loud"], ["over"]),
        helper.make_node("Sigmoid", ["over"], ["output_1"]),
        *(helper.make_node("Identity", [f"input_{n}"], [f"output_{n}"]) for n in states),
    ]
    kept = dict.fromkeys(states, (1, STATES))
    model = graph_of(
        nodes,
        {"loud": np.array(LOUD_FROM, np.float32)},
        {"input_1": (1, 3, FEATURES), **{f"input_{n}": shape for n, shape in kept.items()}},
        {"output_1": (1, 1, 1), **{f"output_{n}": shape for n, shape in kept.items()}},
        facts or FACTS,
    )
    path = folder / "ten-vad.onnx"
    save(model, path)
    return path
