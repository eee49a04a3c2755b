"""The tone with which tiny voices speak, as parts of a network."""

from __future__ import annotations

import numpy as np
from onnx import helper

HOP_FRAMES = 256
"""Sound that voices make at a time."""

TONE = [
    helper.make_node("Range", ["zero", "length", "step"], ["time"]),
    helper.make_node("Mul", ["time", "pitch"], ["phase"]),
    helper.make_node("Sin", ["phase"], ["loud_tone"]),
    helper.make_node("Mul", ["loud_tone", "loudness"], ["tone"]),
]
"""From `length`, a single number, to `tone`, as many samples."""

TONE_CONSTANTS = {
    "hop": np.array(HOP_FRAMES, np.float32),
    "zero": np.array(0, np.float32), "step": np.array(1, np.float32),
    "pitch": np.array(0.05, np.float32), "loudness": np.array(0.3, np.float32),
}  # fmt: skip
