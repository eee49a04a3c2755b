"""A voice appliance that works with the network cable out."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from xtalk_edge.appliance import Appliance as Appliance

__version__ = "0.1.0"


def __getattr__(name: str) -> Any:
    """Give `Appliance` to whoever asks for it; commands that need no appliance load none."""
    if name == "Appliance":
        return importlib.import_module("xtalk_edge.appliance").Appliance
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
