"""Writes a Canary of a few kB: whatever is loud is "loud quiet", or in German "laut leise"."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from onnx import TensorProto, helper, save

from tests.tiny_graph import graph_of
from tests.tiny_speller import SURE, UNSURE, WORDS, spelling, write_tokens

_SPECIAL = (
    "<|startofcontext|>", "<|startoftranscript|>", "<|emo:undefined|>", "<|en|>", "<|es|>",
    "<|de|>", "<|fr|>", "<|pnc|>", "<|nopnc|>", "<|noitn|>", "<|notimestamp|>", "<|nodiarize|>",
    "<|endoftext|>", "\u2581laut", "\u2581leise",
)  # fmt: skip
_LANGUAGE_AT = 4
"""Place in the prompt of the language that is written."""


def write_canary(folder: Path) -> Path:
    """Write a Canary model, which writes English or German; return the folder."""
    ids = {token: number for number, token in enumerate((*_SPECIAL, *WORDS))}
    begin, end, german = ids["<|nodiarize|>"], ids["<|endoftext|>"], ids["\u2581laut"]
    facts = {
        "model_type": "EncDecMultiTaskModel", "vocab_size": len(ids), "normalize_type": "",
        "subsampling_factor": 8, "feat_dim": 128, "num_decoder_layers": 1,
        "decoder_hidden_size": 1,
    }  # fmt: skip
    encoder = graph_of(
        [
            helper.make_node("ReduceMean", ["x", "two"], ["enc_states"], keepdims=1),
            helper.make_node("Identity", ["x_len"], ["enc_len"]),
            helper.make_node("Squeeze", ["enc_states", "two"], ["enc_mask"]),
        ],
        {"two": np.array([2])},
        {"x": (1, "T", 128), "x_len": (1,)},
        {"enc_states": (1, "T", 1), "enc_len": (1,), "enc_mask": (1, "T")},
        facts,
        whole=["x_len", "enc_len"],
    )
    nodes, constants = spelling(begin, end, len(ids))
    # After the prompt German words are likelier than others if that is its language.
    constants["following"][german, german + 1] = UNSURE
    constants["following"][german + 1, end] = UNSURE
    by_language = np.zeros((len(ids), len(ids)), np.float32)
    by_language[begin, german] = SURE
    decoder = graph_of(
        [
            helper.make_node("Slice", ["ids", "zero", "one", "one"], ["token"]),
            helper.make_node("Cast", ["token"], ["number"], to=TensorProto.FLOAT),
            helper.make_node("Unsqueeze", ["number", "two"], ["state"]),
            helper.make_node("Concat", ["mems", "state"], ["next_mems"], axis=1),
            helper.make_node("Slice", ["next_mems", "at", "behind", "one"], ["said"]),
            helper.make_node("Equal", ["said", "german"], ["is_german"]),
            helper.make_node("Cast", ["is_german"], ["flag"], to=TensorProto.FLOAT),
            helper.make_node("ReduceSum", ["flag", "one"], ["flag_or_none"], keepdims=1),
            helper.make_node("Gather", ["by_language", "token"], ["german_guess"]),
            helper.make_node("Mul", ["german_guess", "flag_or_none"], ["german_bias"]),
            helper.make_node("ReduceMax", ["enc_states", "one"], ["loudness"], keepdims=1),
            *nodes[:-1],
            helper.make_node("Add", ["bias", "german_bias"], ["biases"]),
            helper.make_node("Add", ["guess", "biases"], ["logits"]),
        ],
        constants
        | {
            "zero": np.array([0]), "one": np.array([1]), "two": np.array([2]),
            "at": np.array([_LANGUAGE_AT]), "behind": np.array([_LANGUAGE_AT + 1]),
            "german": np.array([ids["<|de|>"]], np.float32), "by_language": by_language,
            "threshold": np.array([-9.0], np.float32),
        },
        {
            "ids": (1, 2), "mems": (1, "n", 1), "enc_states": (1, "T", 1), "enc_mask": (1, "T"),
        },
        {"logits": (1, 1, len(ids)), "next_mems": (1, "m", 1)},
        narrow=["ids"],
    )  # fmt: skip
    save(encoder, folder / "encoder.int8.onnx")
    save(decoder, folder / "decoder.int8.onnx")
    write_tokens(folder, _SPECIAL)
    return folder
