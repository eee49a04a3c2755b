"""What a model file says of its brain's confidence: written unfitted, changed by `calibrate`."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path

import gguf

UNFITTED = {"confidence_scale": 1.0, "confidence_offset": 0.0, "act_above": 0.0, "ask_above": 0.0}
"""As if the confidence were the chance of being right, and every call to be run."""


def key(name: str) -> str:
    """Return a figure's key in the file."""
    return f"xtalk_edge.{name}"


def add_unfitted(writer: gguf.GGUFWriter) -> None:
    """Make room for the figures in a new file."""
    for name, value in UNFITTED.items():
        writer.add_float32(key(name), value)


def set_figures(path: Path, figures: Mapping[str, float]) -> None:
    """Change the figures of a finished file, whole or not at all."""
    partial = path.with_suffix(".partial")
    shutil.copyfile(path, partial)
    reader = gguf.GGUFReader(partial, "r+")
    for name, value in figures.items():
        field = reader.fields[key(name)]
        field.parts[field.data[0]][0] = value
    reader.data.flush()
    partial.replace(path)
