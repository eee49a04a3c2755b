"""Writes punctuation models of a few kB, for English and for Chinese: each word has its mark."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
from onnx import TensorProto, helper, save

from tests.tiny_graph import graph_of
from xtalk_edge.engines.punctuation.sherpa import CHINESE_MARKS, ENGLISH_LABELS
from xtalk_edge.engines.subwords import WORD_MARK

LABELS = 4
LONGEST = 200
"""Tokens an English model takes at a time."""

_SPECIAL = ("<unk>", "<s>", "</s>")
_ENGLISH = {"what": (2, 0), "light": (0, 1), "it": (0, 3), "nasa": (1, 0), "door": (0, 2)}
"""Case and mark behind each."""

_CHINESE = {"你": "_", "好": "，", "吗": "？", "light": "，", "door": "。", "one": "_", "two": "。"}


def write_punctuation(folder: Path, facts: Mapping[str, object] | None = None) -> Path:
    """Write an English model and its vocabulary; return the folder."""
    letters = [chr(letter) for letter in range(ord("a"), ord("z") + 1)]
    words = [WORD_MARK + word for word in _ENGLISH]
    # Every piece is made of two others, those found first are the likeliest, letters come last.
    parts = [word[:end] for word in words for end in range(2, len(word))]
    pieces = [*_SPECIAL, *dict.fromkeys([*parts, *words]), WORD_MARK, *letters]
    (folder / "bpe.vocab").write_text(
        "".join(f"{piece}\t{-number}\n" for number, piece in enumerate(pieces)), encoding="utf-8"
    )
    tables = np.zeros((2, len(pieces), LABELS), np.float32)
    tables[:, :, 0] = 0.5
    for word, labels in _ENGLISH.items():
        for table, label in zip(tables, labels, strict=True):
            table[pieces.index(WORD_MARK + word), label] = 1.0
    # What begins a word, without the beginning and end of the text.
    nodes = [
        helper.make_node("Reshape", ["token_ids", "flat"], ["tokens"]),
        helper.make_node("Reshape", ["valid_ids", "flat"], ["flags"]),
        helper.make_node("Cast", ["flags"], ["valid"], to=TensorProto.BOOL),
        helper.make_node("Compress", ["tokens", "valid"], ["heads"], axis=0),
        helper.make_node("Greater", ["heads", "ends"], ["word"]),
        helper.make_node("Compress", ["heads", "word"], ["words"], axis=0),
        helper.make_node("Gather", ["cases", "words"], ["case_logits"], axis=0),
        helper.make_node("Gather", ["marks", "words"], ["mark_logits"], axis=0),
    ]
    constants = {
        "flat": np.array([-1]), "ends": np.array(2, np.int32),
        "cases": tables[0], "marks": tables[1],
    }  # fmt: skip
    names = ("token_ids", "valid_ids", "label_lens")
    shapes = dict(zip(names, (("N", LONGEST), ("N", LONGEST), ("N",)), strict=True))
    outputs = {"case_logits": ("W", LABELS), "mark_logits": ("W", LABELS)}
    model = graph_of(nodes, constants, shapes, outputs, facts or ENGLISH_LABELS, narrow=names)
    save(model, folder / "model.onnx")
    return folder


def write_chinese_punctuation(folder: Path) -> Path:
    """Write a model for Chinese and English; return it."""
    tokens = ["<unk>", *_CHINESE]
    table = np.zeros((len(tokens), len(CHINESE_MARKS)), np.float32)
    table[:, 0] = 0.5
    for word, mark in _CHINESE.items():
        table[tokens.index(word), CHINESE_MARKS.index(mark)] = 1.0
    facts = {
        "tokens": "|".join(tokens), "vocab_size": len(tokens),
        "punctuations": "|".join(CHINESE_MARKS), "unk_symbol": "<unk>",
    }  # fmt: skip
    names = ("inputs", "text_lengths")
    path = folder / "model.onnx"
    save(
        graph_of(
            [helper.make_node("Gather", ["marks", "inputs"], ["logits"], axis=0)],
            {"marks": table},
            {"inputs": ("N", "T"), "text_lengths": ("N",)},
            {"logits": ("N", "T", len(CHINESE_MARKS))},
            facts,
            narrow=names,
        ),
        path,
    )
    return path
