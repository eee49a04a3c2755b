"""Writes a Piper voice of a few kB: each phoneme is the same tone, for four hops."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
from onnx import TensorProto, helper, save
from piper.phoneme_ids import DEFAULT_PHONEME_ID_MAP

from tests.tiny_graph import Shape, graph_of
from tests.tiny_tone import TONE, TONE_CONSTANTS

RATE_HZ, HOPS_A_PHONEME = 22_050, 4


def write_voice(folder: Path, *, timed: bool = True, speakers: int = 1) -> Path:
    """Write a voice and its settings; return the voice.

    Args:
        folder: where.
        timed: whether it tells how long each phoneme lasts.
        speakers: how many it has; they are called "ann", "bob" and so on.
    """
    path = folder / "voice.onnx"
    inputs: dict[str, Shape] = {"input": (1, "phonemes"), "input_lengths": (1,), "scales": (3,)}
    outputs: dict[str, Shape] = {"output": (1, 1, 1, "samples")}
    if speakers > 1:
        inputs["sid"] = (1,)
    if timed:
        outputs["w_ceil"] = (1, 1, "phonemes")
    save(
        graph_of(_NODES, _CONSTANTS, inputs, outputs, whole=["input", "input_lengths", "sid"]), path
    )
    settings = {
        "audio": {"sample_rate": RATE_HZ},
        "espeak": {"voice": "en-us"},
        "phoneme_type": "espeak",
        "num_symbols": 256,
        "num_speakers": speakers,
        "speaker_id_map": dict(zip(("ann", "bob"), range(speakers), strict=False)),
        "inference": {"noise_scale": 0.0, "length_scale": 1.0, "noise_w": 0.0},
        "phoneme_id_map": DEFAULT_PHONEME_ID_MAP,
    }
    Path(f"{path}.json").write_text(json.dumps(settings), encoding="utf-8")
    return path


_NODES = [
    # How many hops a phoneme takes: the second of the scales stretches it.
    helper.make_node("Gather", ["scales", "one"], ["stretch"]),
    helper.make_node("Mul", ["stretch", "usual_hops"], ["unrounded"]),
    helper.make_node("Round", ["unrounded"], ["hops"]),
    helper.make_node("Unsqueeze", ["input", "first"], ["phonemes"]),
    helper.make_node("Cast", ["phonemes"], ["numbers"], to=TensorProto.FLOAT),
    helper.make_node("Mul", ["numbers", "nothing"], ["nought"]),
    helper.make_node("Add", ["nought", "hops"], ["w_ceil"]),
    # A tone as long as all of them.
    helper.make_node("ReduceSum", ["w_ceil"], ["all_hops"], keepdims=0),
    helper.make_node("Mul", ["all_hops", "hop"], ["length"]),
    *TONE,
    helper.make_node("Reshape", ["tone", "shape"], ["output"]),
]
_CONSTANTS = {
    "one": np.array([1]), "first": np.array([0]), "shape": np.array([1, 1, 1, -1]),
    "usual_hops": np.array([HOPS_A_PHONEME], np.float32),
    "nothing": np.array([0], np.float32), **TONE_CONSTANTS,
}  # fmt: skip
