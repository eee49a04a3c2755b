"""Writes CTC models for whole utterances, of a few kB, that tell loud from quiet."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from onnx import helper, save

from tests.tiny_graph import Shape, graph_of

TOKENS = "\u2581loud 0\n\u2581quiet 1\n<blk> 2\n"

SUBSAMPLING, BINS = 4, 80
FRAME_SAMPLES = 160
LOUD_FROM = -9.0
"""Mean of the log mel energies: silence has -16."""
LOUD_FROM_UNSCALED = 5.0
"""The same where the library leaves samples as they are on the sound card."""

FACTS = {
    "vocab_size": 2, "subsampling_factor": SUBSAMPLING, "normalize_type": "",
    "model_type": "EncDecCTCModelBPE",
}  # fmt: skip
"""Of NeMo's."""


@dataclass(frozen=True)
class _Layout:
    """What a kind of network is given, and how it says how long its output is."""

    facts: Mapping[str, object]
    inputs: Mapping[str, Shape]
    energy: list[Any]
    """From those to the loudness over time: (batch, 1, frames)."""
    pooled: int = SUBSAMPLING
    loud_from: float = LOUD_FROM
    order: tuple[int, int, int] = (0, 1, 2)
    """Of batch, frames and tokens in what it says."""
    lengths: list[Any] = field(default_factory=list)
    """From those to `x_lens`, one zero for each of the batch; none where lengths are not asked."""


_MEAN_OF_BINS = [
    helper.make_node("ReduceMean", ["x", "two"], ["by_frame"], keepdims=1),
    helper.make_node("Transpose", ["by_frame"], ["energy"], perm=[0, 2, 1]),
]
_NO_LENGTH = [helper.make_node("Sub", ["x_lens", "x_lens"], ["none"])]
_FRAMES: dict[str, Shape] = {"x": ("N", "T", BINS), "x_lens": ("N",)}
_NO_MEAN = {"mean": "0," * (BINS - 1) + "0", "deviation": "1," * (BINS - 1) + "1"}


def _frames(facts: Mapping[str, object], loud_from: float = LOUD_FROM_UNSCALED) -> _Layout:
    counts = {"vocab_size": 3, "subsampling_factor": SUBSAMPLING}
    return _Layout(
        counts | dict(facts), _FRAMES, _MEAN_OF_BINS, loud_from=loud_from, lengths=_NO_LENGTH
    )


LAYOUTS = {
    "nemo ctc": _Layout(
        FACTS,
        {"x": ("N", BINS, "T"), "x_lens": ("N",)},
        [helper.make_node("ReduceMean", ["x", "one"], ["energy"], keepdims=1)],
        lengths=_NO_LENGTH,
    ),
    "zipformer ctc": _frames({"model_type": "zipformer2_ctc"}, LOUD_FROM),
    "wenet ctc": _frames({"model_type": "wenet_ctc"}),
    "dolphin ctc": _frames(
        {"mean": _NO_MEAN["mean"], "invstd": _NO_MEAN["deviation"]}, LOUD_FROM
    ),
    "telespeech ctc": _Layout(
        {"model_type": "telespeech_ctc"},
        {"x": ("N", "T", "coefficients")},
        [
            helper.make_node("Slice", ["x", "zero", "one", "two"], ["first"]),
            helper.make_node("Transpose", ["first"], ["energy"], perm=[0, 2, 1]),
        ],
        loud_from=0.0,
        order=(1, 0, 2),
    ),
    "fire-red-asr ctc": _frames(
        {
            "model_type": "fire-red-asr-2-ctc",
            "cmvn_mean": _NO_MEAN["mean"],
            "cmvn_inv_stddev": _NO_MEAN["deviation"],
        }
    ),
    "medasr ctc": _Layout(
        {"model_type": "medasr_ctc", "vocab_size": 3},
        {"x": ("N", "T", "bins"), "mask": ("N", "T")},
        _MEAN_OF_BINS,
        lengths=[
            helper.make_node("ReduceSum", ["mask", "one"], ["x_lens"], keepdims=0),
            *_NO_LENGTH,
        ],
    ),
    "omnilingual ctc": _Layout(
        {"model_type": "omnilingual-asr", "vocab_size": 3},
        {"x": ("N", "samples")},
        [
            helper.make_node("Abs", ["x"], ["size"]),
            helper.make_node("Unsqueeze", ["size", "one"], ["energy"]),
        ],
        pooled=SUBSAMPLING * FRAME_SAMPLES,
        loud_from=0.1,
    ),
}  # fmt: skip


def write_ctc(
    folder: Path, facts: Mapping[str, object] | None = None, kind: str = "nemo ctc"
) -> Path:
    """Write the model and its tokens; return the folder. Each burst of noise is "loud".

    Args:
        folder: where.
        facts: other metadata than the kind's.
        kind: one of `LAYOUTS`.
    """
    layout = LAYOUTS[kind]
    nodes = [
        *layout.energy,
        helper.make_node(
            "AveragePool", ["energy"], ["steps"],
            kernel_shape=[layout.pooled], strides=[layout.pooled],
        ),
        helper.make_node("Transpose", ["steps"], ["column"], perm=[0, 2, 1]),
        helper.make_node("Greater", ["column", "threshold"], ["is_loud"]),
        helper.make_node("Where", ["is_loud", "loud", "quiet"], ["by_step"]),
        helper.make_node("Transpose", ["by_step"], ["logprobs"], perm=layout.order),
    ]  # fmt: skip
    outputs: dict[str, Shape] = {"logprobs": ("N", "steps", 3)}
    if layout.lengths:
        outputs["lengths"] = ("N",)
        nodes += [
            *layout.lengths,
            helper.make_node("Shape", ["logprobs"], ["shape"]),
            helper.make_node("Slice", ["shape", "one", "two"], ["count"]),
            helper.make_node("Add", ["none", "count"], ["lengths"]),
        ]
    constants = {
        "zero": np.array([0]), "one": np.array([1]), "two": np.array([2]),
        "threshold": np.array([layout.loud_from], np.float32),
        "loud": np.array([[[0.0, -10.0, -10.0]]], np.float32),
        "quiet": np.array([[[-10.0, -10.0, 0.0]]], np.float32),
    }  # fmt: skip
    model = graph_of(
        nodes,
        constants,
        layout.inputs,
        outputs,
        layout.facts if facts is None else facts,
        whole=["x_lens", "mask", "lengths"],
    )
    save(model, folder / "model.onnx")
    (folder / "tokens.txt").write_text(TOKENS, encoding="utf-8")
    return folder
