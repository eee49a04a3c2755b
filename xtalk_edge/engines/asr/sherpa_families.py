"""Tells by its files and their metadata which of the known kinds a speech model is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Protocol, TypeVar

from xtalk_edge.engines.model_files import model_files
from xtalk_edge.engines.onnx_facts import OnnxFacts, model_facts
from xtalk_edge.errors import ModelError


class Family(Protocol):
    """What all kinds of models can be told apart by."""

    @property
    def parts(self) -> tuple[str, ...]:
        """Its files, as `model_files` calls them; the first says what kind it is."""

    @property
    def marks(self) -> frozenset[str]:
        """Metadata that the first part has: "name", or "name=value"."""


_Kind = TypeVar("_Kind", bound=Family)


def read_model(path: Path, cure: str) -> tuple[dict[str, Path], dict[str, OnnxFacts]]:
    """Return a model's files by their parts, and what each says; raises ModelError."""
    files = model_files(path, cure)
    return files, {part: model_facts(file, cure) for part, file in files.items()}


def kind_of(
    kinds: Sequence[_Kind], facts: Mapping[str, OnnxFacts], path: Path, cure: str
) -> _Kind | None:
    """Return the first kind that has all these parts and marks; None where there is none.

    Raises:
        ModelError: the parts are of a known kind, and one is missing.
    """
    parts = facts.keys()
    marked = [kind for kind in kinds if _bears(kind, facts)]
    for kind in marked:
        if parts == set(kind.parts):
            return kind
    # Without the part that says what it is, any kind that has the others may be meant.
    whole = any(parts == set(kind.parts) for kind in kinds)
    meant = [kind for kind in (marked if whole else kinds) if parts < set(kind.parts)]
    if meant:
        missing = next(part for part in meant[0].parts if part not in parts)
        raise ModelError(f"{path} holds no {missing}; {cure}")
    return None


def _bears(kind: Family, facts: Mapping[str, OnnxFacts]) -> bool:
    first = facts.get(kind.parts[0])
    if first is None:
        return False
    values = {f"{name}={value}" for name, value in first.metadata.items()}
    return kind.marks <= first.metadata.keys() | values
