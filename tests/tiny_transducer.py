"""Writes a transducer of three networks of a few kB that tells loud from quiet.

sherpa-onnx runs it like any streaming LSTM transducer: features, states, a decoder that sees the
last token, and a joiner. Each burst of noise is the words "loud quiet"; a third word, "lout", is
nearly as likely as "loud".
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
from onnx import ModelProto, TensorProto, helper, save

from tests.tiny_graph import graph_of

TOKENS = "<blk> 0\n\u2581loud 1\n\u2581quiet 2\n\u2581lout 3\n<unk> 4\n"

CHUNK_FRAMES, WINDOW_FRAMES, SUBSAMPLING, BINS = 32, 45, 4, 80
LOUD_FROM = -9.0
"""Mean of the log mel energies: silence has -16."""

ENCODER_FACTS = {
    "model_type": "lstm", "num_encoder_layers": 1, "T": WINDOW_FRAMES,
    "decode_chunk_len": CHUNK_FRAMES, "rnn_hidden_size": 2, "d_model": 2,
}  # fmt: skip
DECODER_FACTS = {"context_size": 2, "vocab_size": 5}


def write_transducer(
    folder: Path, *, encoder_facts: Mapping[str, object] | None = None, ending: str = ".onnx"
) -> Path:
    """Write encoder, decoder, joiner and tokens; return the folder."""
    save(_encoder(encoder_facts or ENCODER_FACTS), folder / f"encoder-epoch-1{ending}")
    save(_decoder(), folder / f"decoder-epoch-1{ending}")
    save(_joiner(), folder / f"joiner-epoch-1{ending}")
    (folder / "tokens.txt").write_text(TOKENS, encoding="utf-8")
    return folder


def write_whole_transducer(folder: Path) -> Path:
    """Write one for whole utterances; return the folder."""
    write_transducer(folder)
    nodes = [
        helper.make_node("ReduceMean", ["x", "two"], ["by_frame"], keepdims=1),
        helper.make_node("Transpose", ["by_frame"], ["row"], perm=[0, 2, 1]),
        helper.make_node(
            "AveragePool", ["row"], ["steps"], kernel_shape=[SUBSAMPLING], strides=[SUBSAMPLING]
        ),
        helper.make_node("Transpose", ["steps"], ["encoder_out"], perm=[0, 2, 1]),
        helper.make_node("Div", ["x_lens", "subsampling"], ["encoder_out_lens"]),
    ]
    encoder = graph_of(
        nodes,
        {"two": np.array([2]), "subsampling": np.array([SUBSAMPLING])},
        {"x": ("N", "T", BINS), "x_lens": ("N",)},
        {"encoder_out": ("N", "steps", 1), "encoder_out_lens": ("N",)},
        {"model_type": "zipformer2"},
        whole=["x_lens", "encoder_out_lens"],
    )
    save(encoder, folder / "encoder-epoch-1.onnx")
    return folder


def _encoder(facts: Mapping[str, object]) -> ModelProto:
    steps = CHUNK_FRAMES // SUBSAMPLING
    nodes = [
        helper.make_node("Slice", ["x", "from", "to", "frames"], ["chunk"]),
        helper.make_node("Reshape", ["chunk", "shape"], ["parts"]),
        helper.make_node("ReduceMean", ["parts", "inner"], ["encoder_out"], keepdims=0),
        helper.make_node("Identity", ["h"], ["next_h"]),
        helper.make_node("Identity", ["c"], ["next_c"]),
    ]
    constants = {
        "from": np.array([0]), "to": np.array([CHUNK_FRAMES]), "frames": np.array([1]),
        "shape": np.array([-1, steps, 1, SUBSAMPLING * BINS]), "inner": np.array([3]),
    }  # fmt: skip
    return graph_of(
        nodes,
        constants,
        {"x": ("N", WINDOW_FRAMES, BINS), "h": (1, "N", 2), "c": (1, "N", 2)},
        {"encoder_out": ("N", steps, 1), "next_h": (1, "N", 2), "next_c": (1, "N", 2)},
        facts,
    )


def _decoder() -> ModelProto:
    nodes = [
        helper.make_node("Slice", ["y", "last", "end", "axis"], ["token"]),
        helper.make_node("Cast", ["token"], ["decoder_out"], to=TensorProto.FLOAT),
    ]
    constants = {"last": np.array([1]), "end": np.array([2]), "axis": np.array([1])}
    outputs = {"decoder_out": ("N", 1)}
    return graph_of(nodes, constants, {"y": ("N", 2)}, outputs, DECODER_FACTS, whole=["y"])


def _joiner() -> ModelProto:
    nodes = [
        helper.make_node("Greater", ["encoder_out", "threshold"], ["is_loud"]),
        helper.make_node("Equal", ["decoder_out", "one"], ["was_right"]),
        helper.make_node("Equal", ["decoder_out", "three"], ["was_lout"]),
        helper.make_node("Or", ["was_right", "was_lout"], ["was_loud"]),
        helper.make_node("Cast", ["is_loud"], ["loud"], to=TensorProto.FLOAT),
        helper.make_node("Cast", ["was_loud"], ["said"], to=TensorProto.FLOAT),
        helper.make_node("Sub", ["loud", "said"], ["news"]),
        helper.make_node("Mul", ["news", "ten"], ["begins"]),
        helper.make_node("Mul", ["news", "nearly_ten"], ["begins_with_lout"]),
        helper.make_node("Neg", ["begins"], ["ends"]),
        helper.make_node("Mul", ["news", "zero"], ["none"]),
        helper.make_node("Add", ["none", "five"], ["blank"]),
        helper.make_node(
            "Concat", ["blank", "begins", "ends", "begins_with_lout", "none"], ["logit"], axis=1
        ),
    ]
    constants = {
        name: np.array([value], np.float32)
        for name, value in (
            ("threshold", LOUD_FROM), ("one", 1), ("ten", 10), ("nearly_ten", 9.5), ("zero", 0),
            ("three", 3), ("five", 5),
        )
    }  # fmt: skip
    inputs = {"encoder_out": ("N", 1), "decoder_out": ("N", 1)}
    return graph_of(nodes, constants, inputs, {"logit": ("N", 5)}, {"joiner_dim": 1})
