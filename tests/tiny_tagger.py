"""Writes a sound tagger of a few kB: noise is a bark, a low tone is music.

It listens as Zipformer or CED models do: to the mean of a log mel spectrogram over time.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from onnx import helper, save

from tests.tiny_graph import graph_of

LABELS = ("Speech", "Male speech, man speaking", "Bark", "Music", "Inside, small room")
FACTS = {"zipformer": {"model_type": "zipformer2_at"}, "ced": {"model_type": "CED"}}
BINS = {"zipformer": 80, "ced": 64}
STEEP = {"zipformer": 4.0, "ced": 1.0}
LOUD = {"zipformer": -7.0, "ced": -35.0}
"""What lies above in the upper bins is noise; in natural logarithms, and in dB."""
LOW = {"zipformer": 3.0, "ced": 12.0}
"""By so much more in the lower bins than in the upper ones, it is a low tone."""


def write_tagger(
    folder: Path,
    kind: str = "zipformer",
    *,
    facts: dict[str, str] | None = None,
    classes: int = len(LABELS),
) -> Path:
    """Write the model and its labels; return the model.

    Args:
        folder: where.
        kind: "zipformer" or "ced".
        facts: its metadata, if not the kind's own.
        classes: how many it tells apart; the labels are always the same.
    """
    bins = BINS[kind]
    upper = np.repeat([0.0, 2.0 / bins], bins // 2)
    # With what the mean spectrum is weighed for each class, and what it is held against.
    rows = {"Bark": (upper, LOUD[kind]), "Music": (upper[::-1] - upper, LOW[kind])}
    never = (np.zeros(bins), 1.0)
    weights, least = zip(*(rows.get(label, never) for label in LABELS[:classes]), strict=True)
    shape = ("N", "T", bins) if kind == "zipformer" else ("N", bins, "T")
    inputs = {"x": shape} | ({"x_lens": ("N",)} if kind == "zipformer" else {})
    nodes = [
        helper.make_node("ReduceMean", ["x", "time"], ["mean"], keepdims=0),
        helper.make_node("Gemm", ["mean", "weights", "offsets"], ["scores"]),
        helper.make_node("Sigmoid", ["scores"], ["prob"]),
    ]
    constants = {
        "time": np.array([1 if kind == "zipformer" else 2]),
        "weights": STEEP[kind] * np.array(weights, np.float32).T,
        "offsets": -STEEP[kind] * np.array(least, np.float32),
    }
    path = folder / "model.onnx"
    save(
        graph_of(nodes, constants, inputs, {"prob": ("N", classes)}, facts or FACTS[kind],
                 whole=["x_lens"]),
        path,
    )  # fmt: skip
    lines = [f'{number},/m/0{number},"{label}"' for number, label in enumerate(LABELS)]
    labels = folder / "class_labels_indices.csv"
    labels.write_text("\n".join(["index,mid,display_name", *lines]) + "\n", encoding="utf-8")
    return path
