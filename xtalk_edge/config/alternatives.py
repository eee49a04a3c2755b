"""Engines that may take another's place while the device runs, each by a name one can say."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from xtalk_edge.config.source import Source
from xtalk_edge.config.tables import as_table, near
from xtalk_edge.config.toml_text import shown

USUAL = "usual"
"""What the engine of the settings itself is called."""

_NAME = re.compile(r"[a-z0-9]+([ _-][a-z0-9]+)*")
_LONGEST_NAME = 30

E = TypeVar("E")


def read_alternatives(
    source: Source,
    value: Any,
    fill_engine: Mapping[str, Callable[[tuple[str, ...], dict[str, Any]], E]],
) -> dict[str, dict[str, E]]:
    """Return the engines of `[alternatives.SLOT.NAME]` by slot and name; problems are noted.

    Args:
        source: where they stand.
        value: of `alternatives`, as TOML gave it.
        fill_engine: by slot, makes an engine's section of the table at a path.
    """
    found: dict[str, dict[str, E]] = {}
    for slot, named in as_table(source, ("alternatives",), value).items():
        path = ("alternatives", slot)
        if slot not in fill_engine:
            source.complain(path, f"has no alternatives; {near(slot, path, list(fill_engine))}")
            continue
        found[slot] = {}
        for name, table in as_table(source, path, named).items():
            where = (*path, name)
            if name == USUAL or len(name) > _LONGEST_NAME or not _NAME.fullmatch(name):
                source.complain(
                    where, f"must be a name you can say, in small letters, not {shown(name)}"
                )
            else:
                found[slot][name] = fill_engine[slot](where, as_table(source, where, table))
    return found
