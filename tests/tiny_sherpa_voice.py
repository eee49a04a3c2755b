"""Writes sherpa-onnx voices of a few kB, of every kind: each token is a tone, for a few hops."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
from onnx import ModelProto, TensorProto, helper, save
from piper.phoneme_ids import DEFAULT_PHONEME_ID_MAP

from tests.tiny_graph import Shape, graph_of
from tests.tiny_tone import HOP_FRAMES, TONE, TONE_CONSTANTS

RATE_HZ, HOPS_A_TOKEN = 22_050, 4
SPEAKERS, STYLE = 2, 4
STYLES = {"kokoro": f"510,1,{STYLE}", "kitten": f"1,{STYLE}"}
"""What the metadata call the shape of a speaker in voices.bin."""

_ESPEAK = {"sample_rate": RATE_HZ, "language": "English", "voice": "en-us", "has_espeak": 1}
FACTS: dict[str, dict[str, object]] = {
    "vits": _ESPEAK | {
        "model_type": "vits", "comment": "piper", "n_speakers": 1, "add_blank": 0,
    },
    "matcha": _ESPEAK | {
        "model_type": "matcha-tts", "version": 1, "n_speakers": 1, "jieba": 0, "pad_id": 0,
        "use_eos_bos": 0, "num_ode_steps": 1,
    },
    "kokoro": _ESPEAK | {
        "model_type": "kokoro", "version": 1, "n_speakers": SPEAKERS, "speaker_names": "ann,bob",
        "style_dim": STYLES["kokoro"],
    },
    "kitten": _ESPEAK | {
        "model_type": "kitten-tts", "version": 1, "n_speakers": SPEAKERS,
        "speaker_names": "ann,bob", "style_dim": STYLES["kitten"],
    },
}  # fmt: skip
"""Metadata of each kind's network."""


def write_sherpa_voice(
    folder: Path, kind: str = "vits", facts: Mapping[str, object] | None = None
) -> Path:
    """Write a voice and all that belongs to it; return the folder."""
    scales: dict[str, Shape] = {"scales": (3,)}
    if kind == "matcha":
        scales = {"noise_scale": (1,), "length_scale": (1,)}
    elif kind in STYLES:
        scales = {"style": (1, STYLE), "speed": (1,)}
        styles = np.zeros((SPEAKERS, *map(int, STYLES[kind].split(","))), np.float32)
        (folder / "voices.bin").write_bytes(styles.tobytes())
    inputs: dict[str, Shape] = {"x": (1, "tokens"), "x_length": (1,), **scales}
    if kind in STYLES:
        del inputs["x_length"]
    nodes = _NODES
    outputs: dict[str, Shape] = {"audio": (1, "samples")}
    if kind == "matcha":
        nodes, outputs = [*_NODES, *_AS_MEL], {"mel": (1, 80, "frames")}
        save(_vocoder(), folder / "vocos.onnx")
    stretch = {"vits": _OF_THREE, "matcha": _AS_IT_IS}.get(kind, _BY_SPEED)
    network = graph_of(
        [*stretch, *nodes], _CONSTANTS, inputs, outputs, facts or FACTS[kind],
        whole=["x", "x_length"],
    )  # fmt: skip
    save(network, folder / "model.onnx")
    symbols = (f"{key} {number[0]}\n" for key, number in DEFAULT_PHONEME_ID_MAP.items()
               if len(key) == 1)  # fmt: skip
    (folder / "tokens.txt").write_text("".join(symbols), encoding="utf-8")
    return folder


_OF_THREE = [helper.make_node("Gather", ["scales", "one"], ["stretch"])]
_AS_IT_IS = [helper.make_node("Identity", ["length_scale"], ["stretch"])]
_BY_SPEED = [helper.make_node("Reciprocal", ["speed"], ["stretch"])]

_NODES = [
    helper.make_node("Mul", ["stretch", "usual_frames"], ["frames_a_token"]),
    helper.make_node("Cast", ["x"], ["numbers"], to=TensorProto.FLOAT),
    helper.make_node("Mul", ["numbers", "nothing"], ["nought"]),
    helper.make_node("Add", ["nought", "frames_a_token"], ["frames_each"]),
    helper.make_node("ReduceSum", ["frames_each"], ["length"], keepdims=0),
    *TONE,
    helper.make_node("Reshape", ["tone", "row"], ["audio"]),
]
_AS_MEL = [
    # A frame for each hop, of which the vocoder below only wants to know how many there are.
    helper.make_node("Div", ["audio", "hop"], ["hops"]),
    helper.make_node("Unsqueeze", ["hops", "one"], ["channel"]),
    helper.make_node(
        "AveragePool", ["channel"], ["pooled"], kernel_shape=[HOP_FRAMES], strides=[HOP_FRAMES]
    ),
    helper.make_node("Expand", ["pooled", "bands"], ["mel"]),
]
_CONSTANTS = {
    "one": np.array([1]), "row": np.array([1, -1]), "bands": np.array([1, 80, 1]),
    "usual_frames": np.array([HOPS_A_TOKEN * HOP_FRAMES], np.float32),
    "nothing": np.array([0], np.float32), **TONE_CONSTANTS,
}  # fmt: skip


def _vocoder() -> ModelProto:
    """Return a network that makes a hop of a tone out of each frame."""
    nodes = [
        helper.make_node("Shape", ["mels"], ["shape"]),
        helper.make_node("Gather", ["shape", "two"], ["frames"]),
        helper.make_node("Cast", ["frames"], ["count"], to=TensorProto.FLOAT),
        helper.make_node("Mul", ["count", "hop"], ["length"]),
        *TONE,
        helper.make_node("Reshape", ["tone", "whole"], ["audio"]),
    ]
    constants = {"two": np.array(2), "whole": np.array([1, 1, -1]), **TONE_CONSTANTS}
    return graph_of(
        nodes, constants, {"mels": (1, 80, "frames")}, {"audio": (1, 1, "samples")},
        {"model_type": "hifigan", "sample_rate": RATE_HZ},
    )  # fmt: skip
