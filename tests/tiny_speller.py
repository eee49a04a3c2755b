"""Writes models of an encoder and a decoder that spells word after word, of a few kB: FireRedASR,
Whisper and both Moonshines. Whatever is loud is "loud quiet".
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from onnx import ModelProto, TensorProto, helper, save

from tests.tiny_graph import Shape, graph_of

SURE, UNSURE = 9.0, 5.0
"""What a network says for a token."""

FRAME_SAMPLES = 384
"""Of Moonshine's encoder."""

WORDS = ("\u2581loud", "\u2581quiet")


def spelling(begin: int, end: int, count: int) -> tuple[list[Any], dict[str, np.ndarray]]:
    """Return nodes from `token` (1, 1) and `loudness` (1, 1, 1) to `logits` (1, 1, count).

    The two words are the last tokens; `begin` is what stands before them.
    """
    first, second = count - 2, count - 1
    following = np.zeros((count, count), np.float32)
    for before, after in ((begin, first), (first, second), (second, end)):
        following[before, after] = UNSURE
    stop = np.zeros((1, 1, count), np.float32)
    stop[0, 0, end] = SURE
    nodes = [
        helper.make_node("Gather", ["following", "token"], ["guess"]),
        helper.make_node("Greater", ["loudness", "threshold"], ["is_loud"]),
        helper.make_node("Where", ["is_loud", "go_on", "stop"], ["bias"]),
        helper.make_node("Add", ["guess", "bias"], ["logits"]),
    ]
    constants = {"following": following, "stop": stop, "go_on": np.zeros_like(stop)}
    return nodes, constants


def write_tokens(
    folder: Path, before: Sequence[str], name: str = "tokens.txt", *, encoded: bool = False
) -> None:
    """Write the tokens before the words, and the words; in base 64 if they are to be encoded."""
    tokens = [*before, *WORDS]
    if encoded:
        spaced = (token.replace("\u2581", " ") for token in tokens)
        tokens = [base64.b64encode(token.encode()).decode() for token in spaced]
    lines = [f"{token} {number}\n" for number, token in enumerate(tokens)]
    (folder / name).write_text("".join(lines), encoding="utf-8")


def write_fire_red(folder: Path) -> Path:
    """Write a FireRedASR model; return the folder."""
    special = ("<blank>", "<sos>", "<eos>")
    count = len(special) + len(WORDS)
    facts = {
        "model_type": "fire-red-asr", "num_decoder_layers": 1, "num_head": 1, "head_dim": 1,
        "sos": 1, "eos": 2, "max_len": 16, "cmvn_mean": ",".join(["0"] * 80),
        "cmvn_inv_stddev": ",".join(["1"] * 80),
    }  # fmt: skip
    encoder = graph_of(
        [
            helper.make_node("ReduceMean", ["x", "two"], ["by_frame"], keepdims=1),
            helper.make_node("ReduceMax", ["by_frame", "one"], ["cross_k"], keepdims=1),
            helper.make_node("Identity", ["cross_k"], ["cross_v"]),
        ],
        {"one": np.array([1]), "two": np.array([2])},
        {"x": ("N", "T", 80), "x_len": ("N",)},
        {"cross_k": (1, 1, 1), "cross_v": (1, 1, 1)},
        facts,
        whole=["x_len"],
    )
    decoder = _attending(1, 2, count, (1, 1, "length", 1, 1), 5.0)
    save(encoder, folder / "encoder.int8.onnx")
    save(decoder, folder / "decoder.int8.onnx")
    write_tokens(folder, special)
    return folder


def _moonshine_features() -> tuple[list[Any], dict[str, np.ndarray]]:
    """Return nodes from `audio` (1, samples) to `features` (1, frames, 1)."""
    nodes = [
        helper.make_node("Abs", ["audio"], ["size"]),
        helper.make_node("Unsqueeze", ["size", "one"], ["row"]),
        helper.make_node(
            "AveragePool", ["row"], ["pooled"],
            kernel_shape=[FRAME_SAMPLES], strides=[FRAME_SAMPLES],
        ),
        helper.make_node("Transpose", ["pooled"], ["features"], perm=[0, 2, 1]),
    ]  # fmt: skip
    return nodes, {"one": np.array([1])}


_LOUDEST = helper.make_node("ReduceMax", ["encoder_out", "one"], ["loudness"], keepdims=1)
_MOONSHINE_SPECIAL = ("<unk>", "<s>", "</s>")


def _moonshine_decoder(
    inputs: Mapping[str, Shape],
    copies: Mapping[str, str],
    *,
    whole: Sequence[str] = (),
    narrow: Sequence[str] = (),
    flags: Sequence[str] = (),
) -> ModelProto:
    count = len(_MOONSHINE_SPECIAL) + len(WORDS)
    nodes, constants = spelling(1, 2, count)
    states = [helper.make_node("Identity", [source], [name]) for name, source in copies.items()]
    model = graph_of(
        [_LOUDEST, *nodes, *states],
        constants | {"one": np.array([1]), "threshold": np.array([0.01], np.float32)},
        inputs,
        {"logits": (1, 1, count)} | dict.fromkeys(copies, (1, "a", "b", "c")),
        whole=whole,
        narrow=narrow,
    )
    for each in model.graph.input:
        if each.name in flags:
            each.type.tensor_type.elem_type = TensorProto.BOOL
    return model


def write_moonshine(folder: Path) -> Path:
    """Write a Moonshine model of four networks; return the folder."""
    nodes, constants = _moonshine_features()
    features: Shape = (1, "frames", 1)
    preprocess = graph_of(nodes, constants, {"audio": (1, "samples")}, {"features": features})
    encode = graph_of(
        [helper.make_node("Identity", ["features"], ["encoder_out"])],
        {},
        {"features": features, "features_len": (1,)},
        {"encoder_out": features},
        narrow=["features_len"],
    )
    given: dict[str, Shape] = {"token": (1, 1), "encoder_out": features, "seq_len": (1,)}
    narrow = ["token", "seq_len"]
    state: dict[str, Shape] = {"state": (1, "a", "b")}
    networks = {
        "preprocess": preprocess,
        "encode.int8": encode,
        "uncached_decode.int8": _moonshine_decoder(
            given, {"next_state": "encoder_out"}, narrow=narrow
        ),
        "cached_decode.int8": _moonshine_decoder(
            given | state, {"next_state": "state"}, narrow=narrow
        ),
    }
    for name, network in networks.items():
        save(network, folder / f"{name}.onnx")
    write_tokens(folder, _MOONSHINE_SPECIAL)
    return folder


def write_moonshine_v2(folder: Path) -> Path:
    """Write a Moonshine model of two networks; return the folder."""
    nodes, constants = _moonshine_features()
    features: Shape = (1, "frames", 1)
    encoder = graph_of(nodes, constants, {"audio": (1, "samples")}, {"features": features})
    past = {
        f"past_key_values.0.{part}.{kind}": f"present.0.{part}.{kind}"
        for part in ("decoder", "encoder")
        for kind in ("key", "value")
    }
    decoder = _moonshine_decoder(
        {"token": (1, 1), "encoder_out": features}
        | dict.fromkeys(past, (1, 1, "n", 1))
        | {"use_cache_branch": (1,)},
        {present: name for name, present in past.items()},
        whole=["token"],
        flags=["use_cache_branch"],
    )
    save(encoder, folder / "encoder_model.onnx")
    save(decoder, folder / "decoder_model_merged.onnx")
    write_tokens(folder, _MOONSHINE_SPECIAL, encoded=True)
    return folder


def write_whisper(folder: Path) -> Path:
    """Write a Whisper model of two languages; return the folder."""
    special = ("<|en|>", "<|de|>", "<|sot|>", "<|transcribe|>", "<|translate|>", "<|nospeech|>",
               "<|notimestamps|>", "<|eot|>")  # fmt: skip
    ids = {token: number for number, token in enumerate(special)}
    count = len(special) + len(WORDS)
    facts = {
        "model_type": "whisper-tiny", "n_mels": 80, "n_text_layer": 1, "n_text_ctx": 32,
        "n_text_state": 1, "n_vocab": count, "sot": ids["<|sot|>"], "eot": ids["<|eot|>"],
        "blank_id": 0, "translate": ids["<|translate|>"], "transcribe": ids["<|transcribe|>"],
        "is_multilingual": 1, "no_timestamps": ids["<|notimestamps|>"],
        "no_speech": ids["<|nospeech|>"],
        "sot_sequence": f"{ids['<|sot|>']},{ids['<|en|>']},{ids['<|transcribe|>']}",
        "all_language_tokens": f"{ids['<|en|>']},{ids['<|de|>']}", "all_language_codes": "en,de",
    }  # fmt: skip
    encoder = graph_of(
        [
            helper.make_node("ReduceMean", ["mel", "one"], ["by_frame"], keepdims=1),
            helper.make_node("ReduceMax", ["by_frame", "two"], ["cross_k"], keepdims=1),
            helper.make_node("Identity", ["cross_k"], ["cross_v"]),
        ],
        {"one": np.array([1]), "two": np.array([2])},
        {"mel": (1, 80, "T")},
        {"cross_k": (1, 1, 1), "cross_v": (1, 1, 1)},
        facts,
    )
    save(encoder, folder / "tiny-encoder.int8.onnx")
    decoder = _attending(ids["<|notimestamps|>"], ids["<|eot|>"], count, (1, 1, 32, 1), 0.3)
    save(decoder, folder / "tiny-decoder.int8.onnx")
    write_tokens(folder, special, "tiny-tokens.txt", encoded=True)
    return folder


def _attending(begin: int, end: int, count: int, cache: Shape, loud_from: float) -> ModelProto:
    """Return a decoder with caches of its own and the encoder's keys and values."""
    nodes, constants = spelling(begin, end, count)
    return graph_of(
        [
            helper.make_node("Identity", ["cross_k"], ["loudness"]),
            *nodes,
            helper.make_node("Identity", ["self_k"], ["next_k"]),
            helper.make_node("Identity", ["self_v"], ["next_v"]),
        ],
        constants | {"threshold": np.array([loud_from], np.float32)},
        {
            "token": (1, "n"), "self_k": cache, "self_v": cache, "cross_k": (1, 1, 1),
            "cross_v": (1, 1, 1), "offset": (1,),
        },
        {"logits": (1, "n", count), "next_k": cache, "next_v": cache},
        whole=["token", "offset"],
    )  # fmt: skip


WRITERS: dict[str, Callable[[Path], Path]] = {
    "fire-red-asr": write_fire_red,
    "whisper": write_whisper,
    "moonshine": write_moonshine,
    "moonshine v2": write_moonshine_v2,
}
