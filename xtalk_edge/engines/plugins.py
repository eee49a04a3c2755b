"""Engines that installed packages bring, by entry points of the group `xtalk_edge.engines`.

A package of an engine declares in its pyproject.toml, with the slot before the name:

    [project.entry-points."xtalk_edge.engines"]
    "asr.my-recogniser" = "my_package.recogniser:MyRecogniser"
"""

from __future__ import annotations

import functools
from collections.abc import Mapping

GROUP = "xtalk_edge.engines"


@functools.cache
def installed() -> Mapping[tuple[str, str], str]:
    """Return "module:Class" of each by slot and name; read once, and nothing is imported."""
    # Not at the top: it would make every engine's child a megabyte larger.
    from importlib.metadata import entry_points

    found = {}
    for point in entry_points(group=GROUP):
        slot, _, name = point.name.partition(".")
        if name:
            found[slot, name] = point.value
    return found
