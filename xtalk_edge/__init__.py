"""A voice appliance that works with the network cable out."""

from __future__ import annotations

import importlib
import os
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from xtalk_edge.appliance import Appliance as Appliance

__version__ = "0.1.0"

# onnxruntime counts its uses for its maker unless told not to, before it is imported; its word is
# read by child processes too.
os.environ["ORT_DISABLE_TELEMETRY"] = "1"


def __getattr__(name: str) -> Any:
    """Give `Appliance` to whoever asks for it; commands that need no appliance load none."""
    if name == "Appliance":
        return importlib.import_module("xtalk_edge.appliance").Appliance
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
