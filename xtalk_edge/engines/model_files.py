"""Finds the files of a speech model: one network, or an encoder and what goes with it."""

from __future__ import annotations

import re
from pathlib import Path

from xtalk_edge.errors import ModelError

TRANSDUCER = ("encoder", "decoder", "joiner")
SEQUENCE = ("encoder", "decoder")
"""What a model of several networks consists of."""

_PRECISION = re.compile(r"[._-](int8|fp16|quant)(?=[._-]|$)")


def model_files(path: Path, cure: str, parts: tuple[str, ...] = TRANSDUCER) -> dict[str, Path]:
    """Return the files by what they are: "model", or each of `parts`.

    Of a part that is there in more than one precision the smallest is taken; of a transducer's
    decoder, which is small, and where whole numbers cost accuracy, the most precise.

    Args:
        path: a folder, or a file; beside an encoder its decoder and joiner are looked for.
        cure: what to do, for errors.
        parts: of a model that is not one network.

    Raises:
        ModelError: a part is missing, or there is more than one model.
    """
    if not path.is_dir():
        whole = path.parent.is_dir() and _part(path) == "encoder"
        if not whole:
            return {"model": path}
        family = _family(path)
        networks = [each for each in path.parent.glob("*.onnx") if _family(each) == family]
    else:
        networks = sorted(path.glob("*.onnx"))
    by_part = {part: [each for each in networks if _part(each) == part] for part in parts}
    if any(by_part.values()):
        precise = parts == TRANSDUCER
        return {part: _only(path, part, found, cure, precise) for part, found in by_part.items()}
    return {"model": _only(path, "network", networks, cure)}


def _part(path: Path) -> str:
    return next((part for part in TRANSDUCER if part in path.name.lower()), "")


def _family(path: Path) -> str:
    """Return what the names of one model's files have in common."""
    name = _PRECISION.sub("", path.name.lower())
    return name.replace(_part(path), "", 1) if _part(path) else name


def _only(
    path: Path, part: str, found: list[Path], cure: str, precise_decoder: bool = False
) -> Path:
    if not found:
        raise ModelError(f"{path} holds no {part}; {cure}")
    names = {_PRECISION.sub("", each.name) for each in found}
    if len(names) > 1:
        raise ModelError(
            f"{path} holds more than one {part} ({', '.join(sorted(names))}); name the file you "
            "mean, or make two folders"
        )
    by_size = sorted(found, key=lambda each: each.stat().st_size)
    return by_size[-1] if part == "decoder" and precise_decoder else by_size[0]
