"""Writes Paraformers of a few kB that tell loud from quiet.

One streams. Its encoder weighs each frame by how much of a token it is: one where a burst of noise
begins, and one where it ends. The library adds frames up to whole tokens, which the decoder names:
"loud" and "quiet". The other is a single network, which writes that of any loud utterance.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
from onnx import ModelProto, helper, save

from tests.tiny_graph import graph_of

TOKENS = "<blank> 0\n<s> 1\n</s> 2\nloud 3\nquiet 4\n<unk> 5\n"

WINDOW_FRAMES, SHIFT_FRAMES, BINS = 7, 6, 80
FEATURES = WINDOW_FRAMES * BINS
LOUD_FROM = 5.0
"""Mean of the log mel energies of samples as they are on the sound card: silence has -16."""

FACTS = {
    "model_type": "paraformer", "vocab_size": 6, "lfr_window_size": WINDOW_FRAMES,
    "lfr_window_shift": SHIFT_FRAMES, "encoder_output_size": 1, "decoder_num_blocks": 1,
    "decoder_kernel_size": 2, "neg_mean": ",".join(["0"] * FEATURES),
    "inv_stddev": ",".join(["1"] * FEATURES),
}  # fmt: skip


def write_paraformer(folder: Path, facts: Mapping[str, object] = FACTS) -> Path:
    """Write encoder, decoder and tokens; return the folder."""
    save(_encoder(facts), folder / "encoder.onnx")
    save(_decoder(), folder / "decoder.onnx")
    (folder / "tokens.txt").write_text(TOKENS, encoding="utf-8")
    return folder


def write_whole_paraformer(folder: Path) -> Path:
    """Write one for whole utterances, a single network; return the folder."""
    words = np.eye(6, dtype=np.float32)[[3, 4, 2]][None]
    nodes = [
        helper.make_node("ReduceMean", ["speech", "two"], ["energy"], keepdims=1),
        helper.make_node("ReduceMax", ["energy", "one"], ["loudest"], keepdims=1),
        helper.make_node("Greater", ["loudest", "threshold"], ["is_loud"]),
        helper.make_node("Where", ["is_loud", "words", "nothing"], ["logits"]),
        helper.make_node("Identity", ["speech_lengths"], ["token_num"]),
    ]
    constants = {
        "one": np.array([1]), "two": np.array([2]), "words": words,
        "threshold": np.array([LOUD_FROM], np.float32), "nothing": words[:, [2, 2, 2]],
    }  # fmt: skip
    model = graph_of(
        nodes,
        constants,
        {"speech": (1, "T", FEATURES), "speech_lengths": (1,)},
        {"logits": (1, 3, 6), "token_num": (1,)},
        FACTS,
        narrow=["speech_lengths", "token_num"],
    )
    save(model, folder / "model.onnx")
    (folder / "tokens.txt").write_text(TOKENS, encoding="utf-8")
    return folder


def _encoder(facts: Mapping[str, object]) -> ModelProto:
    nodes = [
        helper.make_node("ReduceMean", ["speech", "two"], ["energy"], keepdims=1),
        helper.make_node("Greater", ["energy", "threshold"], ["is_loud"]),
        helper.make_node("Cast", ["is_loud"], ["enc"], to=1),
        helper.make_node("Pad", ["enc", "one_before"], ["later"]),
        helper.make_node("Slice", ["later", "zero", "all_but_one", "one"], ["before"]),
        helper.make_node("Sub", ["enc", "before"], ["change"]),
        helper.make_node("Abs", ["change"], ["weight"]),
        helper.make_node("Squeeze", ["weight", "two"], ["alphas"]),
        helper.make_node("Identity", ["speech_lengths"], ["enc_len"]),
    ]
    constants = {
        "zero": np.array([0]), "one": np.array([1]), "two": np.array([2]),
        "all_but_one": np.array([-1]), "one_before": np.array([0, 1, 0, 0, 0, 0]),
        "threshold": np.array([LOUD_FROM], np.float32),
    }  # fmt: skip
    return graph_of(
        nodes,
        constants,
        {"speech": (1, "T", FEATURES), "speech_lengths": (1,)},
        {"enc": (1, "T", 1), "enc_len": (1,), "alphas": (1, "T")},
        facts,
        narrow=["speech_lengths", "enc_len"],
    )


def _decoder() -> ModelProto:
    nodes = [
        helper.make_node("Greater", ["acoustic_embeds", "half"], ["is_loud"]),
        helper.make_node("Where", ["is_loud", "loud", "quiet"], ["names"]),
        helper.make_node("Squeeze", ["names", "two"], ["sample_ids"]),
        helper.make_node("Identity", ["acoustic_embeds"], ["logits"]),
        helper.make_node("Identity", ["in_cache_0"], ["out_cache_0"]),
    ]
    constants = {
        "half": np.array([0.5], np.float32), "loud": np.array([3]), "quiet": np.array([4]),
        "two": np.array([2]),
    }  # fmt: skip
    return graph_of(
        nodes,
        constants,
        {
            "enc": (1, "T", 1), "enc_len": (1,), "acoustic_embeds": (1, "tokens", 1),
            "acoustic_embeds_len": (1,), "in_cache_0": (1, 1, 1),
        },
        {"logits": (1, "tokens", 1), "sample_ids": (1, "tokens"), "out_cache_0": (1, 1, 1)},
        whole=["sample_ids"],
        narrow=["enc_len", "acoustic_embeds_len"],
    )  # fmt: skip
