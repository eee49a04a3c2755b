"""Writes a token-and-duration transducer of NeMo's of a few kB, as Parakeet is one.

Each burst of noise is "loud quiet"; every token lasts one step.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from onnx import ModelProto, TensorProto, helper, save

from tests.tiny_graph import graph_of

TOKENS = "\u2581loud 0\n\u2581quiet 1\n<blk> 2\n"

SUBSAMPLING = 8
LOUD_FROM = -9.0
"""Mean of the log mel energies: silence has -16."""

FACTS = {
    "model_type": "EncDecRNNTBPEModel", "vocab_size": 2, "subsampling_factor": SUBSAMPLING,
    "normalize_type": "", "pred_rnn_layers": 1, "pred_hidden": 1,
    "url": "tdt",
}  # fmt: skip
"""The library takes those for token-and-duration transducers whose address says so."""


def write_parakeet(folder: Path) -> Path:
    """Write encoder, decoder, joiner and tokens; return the folder."""
    save(_encoder(), folder / "encoder.int8.onnx")
    save(_decoder(), folder / "decoder.int8.onnx")
    save(_joiner(), folder / "joiner.int8.onnx")
    (folder / "tokens.txt").write_text(TOKENS, encoding="utf-8")
    return folder


def _encoder() -> ModelProto:
    nodes = [
        helper.make_node("ReduceMean", ["audio_signal", "one"], ["energy"], keepdims=1),
        helper.make_node(
            "AveragePool", ["energy"], ["outputs"],
            kernel_shape=[SUBSAMPLING], strides=[SUBSAMPLING],
        ),
        helper.make_node("Div", ["length", "subsampling"], ["encoded_lengths"]),
    ]  # fmt: skip
    return graph_of(
        nodes,
        {"one": np.array([1]), "subsampling": np.array([SUBSAMPLING])},
        {"audio_signal": ("N", "bins", "T"), "length": ("N",)},
        {"outputs": ("N", 1, "steps"), "encoded_lengths": ("N",)},
        FACTS,
        whole=["length", "encoded_lengths"],
    )


def _decoder() -> ModelProto:
    nodes = [
        helper.make_node("Cast", ["targets"], ["number"], to=TensorProto.FLOAT),
        helper.make_node("Unsqueeze", ["number", "two"], ["outputs"]),
        helper.make_node("Identity", ["target_length"], ["prednet_lengths"]),
        helper.make_node("Identity", ["state"], ["next_state"]),
        helper.make_node("Identity", ["cell"], ["next_cell"]),
    ]
    state = (1, 1, 1)
    return graph_of(
        nodes,
        {"two": np.array([2])},
        {"targets": (1, 1), "target_length": (1,), "state": state, "cell": state},
        {"outputs": state, "prednet_lengths": (1,), "next_state": state, "next_cell": state},
        narrow=["targets", "target_length", "prednet_lengths"],
    )


def _joiner() -> ModelProto:
    nodes = [
        helper.make_node("Greater", ["encoder_outputs", "threshold"], ["is_loud"]),
        helper.make_node("Equal", ["decoder_outputs", "zero"], ["was_loud"]),
        helper.make_node("Cast", ["is_loud"], ["loud"], to=TensorProto.FLOAT),
        helper.make_node("Cast", ["was_loud"], ["said"], to=TensorProto.FLOAT),
        helper.make_node("Sub", ["loud", "said"], ["begins"]),
        helper.make_node("Neg", ["begins"], ["ends"]),
        helper.make_node("Concat", ["begins", "ends", "blank", "durations"], ["row"], axis=2),
        helper.make_node("Unsqueeze", ["row", "one"], ["outputs"]),
    ]
    constants = {
        "one": np.array([1]), "zero": np.array([0], np.float32),
        "threshold": np.array([LOUD_FROM], np.float32),
        "blank": np.array([[[0.5]]], np.float32), "durations": np.array([[[0, 1]]], np.float32),
    }  # fmt: skip
    return graph_of(
        nodes,
        constants,
        {"encoder_outputs": (1, 1, 1), "decoder_outputs": (1, 1, 1)},
        {"outputs": (1, 1, 1, 5)},
    )
