"""Writes a Smart Turn model of a few kB: who falls silent at the end has finished."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from onnx import helper, save

from tests.tiny_graph import graph_of

BANDS, FRAMES = 80, 800
LAST_FRAMES = 20
SILENT_BELOW = 0.0
"""Mean of the features: noise has about 1, silence behind noise less than -0.5."""


def write_smart_turn(folder: Path, *, outputs: int = 1, scale: float = 10.0) -> Path:
    """Write the model; return it.

    Args:
        folder: where.
        outputs: how many figures it says; Smart Turn says one.
        scale: of the figure before the sigmoid.
    """
    nodes = [
        helper.make_node("Slice", ["input_features", "from", "to", "axis"], ["last"]),
        helper.make_node("ReduceMean", ["last", "inner"], ["mean"], keepdims=0),
        helper.make_node("Sub", ["silent", "mean"], ["below"]),
        helper.make_node("Mul", ["below", "scale"], ["steep"]),
        helper.make_node("Sigmoid", ["steep"], ["chance"]),
        helper.make_node("Reshape", ["chance", "column"], ["one_chance"]),
        helper.make_node("Expand", ["one_chance", "shape"], ["logits"]),
    ]
    constants = {
        "from": np.array([FRAMES - LAST_FRAMES]), "to": np.array([FRAMES]), "axis": np.array([2]),
        "inner": np.array([1, 2]), "silent": np.array([SILENT_BELOW], np.float32),
        "scale": np.array([scale], np.float32), "column": np.array([1, 1]),
        "shape": np.array([1, outputs]),
    }  # fmt: skip
    path = folder / "smart-turn.onnx"
    save(
        graph_of(nodes, constants, {"input_features": (1, BANDS, FRAMES)},
                 {"logits": (1, outputs)}),
        path,
    )  # fmt: skip
    return path
