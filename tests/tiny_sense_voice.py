"""Writes a SenseVoice model of a few kB: each burst of noise is "loud", or "Loud." if formatted."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from onnx import helper, save

from tests.tiny_graph import graph_of

TAGS = ("<|en|>", "<|NEUTRAL|>", "<|Speech|>", "<|woitn|>")
TOKENS = ("<blk>", *TAGS, "\u2581loud", "\u2581Loud.")
LOUD_FROM = 5.0
WITH_ITN, WITHOUT_ITN = 14, 15
WINDOW_FRAMES, BINS = 7, 80
FEATURES = WINDOW_FRAMES * BINS

FACTS = {
    "model_type": "sense_voice_ctc", "comment": "tiny", "vocab_size": len(TOKENS),
    "lfr_window_size": WINDOW_FRAMES, "lfr_window_shift": 6, "normalize_samples": 0,
    "with_itn": WITH_ITN, "without_itn": WITHOUT_ITN, "lang_auto": 0, "lang_zh": 3, "lang_en": 4,
    "lang_yue": 7, "lang_ja": 11, "lang_ko": 12, "neg_mean": ",".join(["0"] * FEATURES),
    "inv_stddev": ",".join(["1"] * FEATURES),
}  # fmt: skip


def write_sense_voice(folder: Path) -> Path:
    """Write the model and its tokens; return the folder."""
    rows = np.eye(len(TOKENS), dtype=np.float32)
    nodes = [
        helper.make_node("ReduceMean", ["x", "two"], ["energy"], keepdims=1),
        helper.make_node("Greater", ["energy", "threshold"], ["is_loud"]),
        helper.make_node("Equal", ["text_norm", "with_itn"], ["is_formatted"]),
        helper.make_node("Where", ["is_formatted", "formatted", "plain"], ["word"]),
        helper.make_node("Where", ["is_loud", "word", "silence"], ["steps"]),
        # The library drops what stands before the text: language, feeling, kind of sound, form.
        helper.make_node("Concat", ["tags", "steps"], ["logits"], axis=1),
    ]
    constants = {
        "two": np.array([2]), "threshold": np.array([LOUD_FROM], np.float32),
        "with_itn": np.array([WITH_ITN], np.int32), "silence": rows[None, :1],
        "tags": rows[None, 1:5], "plain": rows[None, 5:6], "formatted": rows[None, 6:7],
    }  # fmt: skip
    model = graph_of(
        nodes,
        constants,
        {"x": (1, "T", FEATURES), "x_length": (1,), "language": (1,), "text_norm": (1,)},
        {"logits": (1, "steps", len(TOKENS))},
        FACTS,
        narrow=["x_length", "language", "text_norm"],
    )
    save(model, folder / "model.int8.onnx")
    lines = [f"{token} {number}\n" for number, token in enumerate(TOKENS)]
    (folder / "tokens.txt").write_text("".join(lines), encoding="utf-8")
    return folder
