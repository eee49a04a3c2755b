"""What every section that chooses an engine has."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

NONE = "none"
"""The type of an engine that does nothing, in slots that may be left empty."""


@dataclass(frozen=True, slots=True)
class EngineConfig:
    """Which engine fills a slot, and the engine's own settings."""

    type: str
    """A registered name, "module:Class" or "file.py:Class"; a file's settings mean files beside
    it, `load` makes their names full."""
    isolation: Literal["auto", "thread", "process"] = "auto"
    """Where the engine runs; "auto" is what was measured to be right for it."""
    params: dict[str, Any] = field(default_factory=dict)
    """All other keys of the section, as TOML gave them."""
    places: Mapping[str, str] = field(default_factory=dict, compare=False, repr=False)
    """Where each of `params` stands, as "edge.toml:12: asr.grammar", for error messages."""
