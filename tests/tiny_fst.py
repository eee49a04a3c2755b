"""Writes rules that replace words in a text, as sherpa-onnx applies them to what it recognised.

The format is OpenFst's: a header, then each state with its arcs; labels are the text's bytes.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping
from itertools import pairwise
from pathlib import Path

_MAGIC, _VERSION = 2125659606, 2
_NEVER, _DEAR, _FREE = float("inf"), 1.0, 0.0

Arc = tuple[int, int, float, int]
"""Label read, label written, weight, next state."""

ANYTHING: list[Arc] = [(byte, byte, _DEAR, 0) for byte in range(1, 256)]
"""Each byte is written as it is read, in the first state."""


def write_rules(path: Path, words: Mapping[str, str]) -> Path:
    """Write rules by which each word becomes another of at most its length."""
    arcs: dict[int, list[Arc]] = {0: [*ANYTHING]}
    for word, other in words.items():
        states = [0, *range(len(arcs), len(arcs) + len(word) - 1), 0]
        written = other.encode().ljust(len(word), b"\0")
        steps = zip(word.encode(), written, pairwise(states), strict=True)
        for read, write, (here, there) in steps:
            arcs.setdefault(here, []).append((read, write, _FREE, there))
    return write_fst(path, arcs)


def write_fst(path: Path, arcs: Mapping[int, list[Arc]]) -> Path:
    """Write the arcs of each state; the first is where a text begins and ends."""
    path.write_bytes(_header(arcs) + b"".join(map(_state, arcs, arcs.values())))
    return path


def _header(arcs: Mapping[int, list[Arc]]) -> bytes:
    names = b"".join(struct.pack("<i", len(name)) + name for name in (b"vector", b"standard"))
    counts = struct.pack("<qqq", 0, len(arcs), sum(map(len, arcs.values())))
    return struct.pack("<i", _MAGIC) + names + struct.pack("<iiQ", _VERSION, 0, 0) + counts


def _state(number: int, arcs: list[Arc]) -> bytes:
    final = _NEVER if number else _FREE
    # They are looked up by what they read.
    return struct.pack("<fq", final, len(arcs)) + b"".join(
        struct.pack("<iifi", *arc) for arc in sorted(arcs)
    )
