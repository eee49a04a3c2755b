"""Finds the files of a speech model: one network, or several that go together."""

from __future__ import annotations

import re
from pathlib import Path

from xtalk_edge.errors import ModelError

ONE = ("model",)
SEQUENCE = ("encoder", "decoder")
TRANSDUCER = ("encoder", "decoder", "joiner")
"""What most models consist of."""

_PART_NAMES = {
    "preprocessor": re.compile(r"preprocess"),
    "conv_frontend": re.compile(r"conv_frontend"),
    "encoder_adaptor": re.compile(r"encoder_adaptor"),
    "llm": re.compile(r"(?<![a-z])llm"),
    "embedding": re.compile(r"(?<![a-z])embedding"),
    "uncached_decoder": re.compile(r"uncached_decode"),
    "cached_decoder": re.compile(r"cached_decode"),
    "merged_decoder": re.compile(r"decoder(_model)?_merged"),
    "encoder": re.compile(r"encoder?(_model)?"),
    "decoder": re.compile(r"decoder?(_model)?"),
    "joiner": re.compile(r"joiner"),
}
"""Every part of a model of several networks, and how the names of files call it; of several that a
name contains, the first counts."""

_PRECISION = re.compile(r"[._-](int8|fp16|quant|quantized)(?=[._-]|$)")
_ENDINGS = (".onnx", ".ort")
"""ONNX, and onnxruntime's own form of it, which counts where there is no other: some publishers
add it beside the same networks."""


def model_files(path: Path, cure: str) -> dict[str, Path]:
    """Return the files by what they are: "model", or the parts of a model of several networks.

    Of a part that is there in more than one precision the smallest is taken; of a transducer's
    decoder, which is small, and where whole numbers cost accuracy, the most precise.

    Args:
        path: a folder, or a file; what goes with it is looked for beside it.
        cure: what to do, for errors.

    Raises:
        ModelError: there is no network, or a part of more than one model.
    """
    folder = path if path.is_dir() else path.parent
    if path.is_dir():
        networks = _networks(folder)
    elif _part(path) == "model" or not folder.is_dir():
        return {"model": path}
    else:
        family = _family(path)
        networks = [each for each in folder.glob(f"*{path.suffix}") if _family(each) == family]
    found = {part: [each for each in networks if _part(each) == part] for part in _PART_NAMES}
    found = {part: files for part, files in found.items() if files} or {"model": networks}
    return {
        part: _only(path, part, files, cure, "joiner" in found) for part, files in found.items()
    }


def one_network(path: Path, cure: str) -> Path:
    """Return the file of a model of one network; raises ModelError."""
    files = model_files(path, cure)
    if tuple(files) != ONE:
        raise ModelError(f"{path} is a model of several networks ({', '.join(files)}); {cure}")
    return files["model"]


def _networks(folder: Path) -> list[Path]:
    found = (sorted(folder.glob(f"*{ending}")) for ending in _ENDINGS)
    return next(filter(None, found), [])


def _part(path: Path) -> str:
    name = path.name.lower()
    return next((part for part, names in _PART_NAMES.items() if names.search(name)), "model")


def _family(path: Path) -> str:
    """Return what the names of one model's files have in common."""
    name = _PRECISION.sub("", path.name.lower())
    names = _PART_NAMES.get(_part(path))
    return names.sub("", name, count=1) if names else name


def _only(path: Path, part: str, found: list[Path], cure: str, transducer: bool) -> Path:
    called = "network" if part == "model" else part
    if not found:
        raise ModelError(f"{path} holds no {called}; {cure}")
    names = {_PRECISION.sub("", each.name) for each in found}
    if len(names) > 1:
        raise ModelError(
            f"{path} holds more than one {called} ({', '.join(sorted(names))}); name the file you "
            "mean, or make two folders"
        )
    by_size = sorted(found, key=lambda each: each.stat().st_size)
    return by_size[-1] if transducer and part == "decoder" else by_size[0]
