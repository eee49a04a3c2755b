"""How much memory an engine will want, before it is loaded: as far as its files tell."""

from __future__ import annotations

import contextlib

from xtalk_edge.config.schema import EngineConfig
from xtalk_edge.errors import ModelError
from xtalk_edge.models.shelf import named_path, size_of

ON_TOP = 1.25
"""A network in memory is about as large as its files; a quarter more for what it works on is a
guess that an owner need not make."""


def footprint_mb(config: EngineConfig) -> int:
    """Return about how many megabytes an engine takes whose settings name these files; 0 for none.

    Files that are not there take nothing: whoever loads the engine says so.
    """
    total = sum(_bytes(value) for value in config.params.values() if isinstance(value, str))
    return round(ON_TOP * total / 1e6)


def _bytes(value: str) -> int:
    with contextlib.suppress(ModelError, OSError, ValueError):
        path = named_path(value)
        if path.is_file():
            return path.stat().st_size
        if value and path.is_dir():
            return size_of(path)
    return 0
