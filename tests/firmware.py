"""The board's firmware, compiled for this machine once a test process."""

from __future__ import annotations

import functools
import tempfile
from pathlib import Path

from firmware_bridge.host_build import build

_FOLDER = tempfile.TemporaryDirectory(prefix="xtalk-edge-firmware-")


@functools.cache
def compiled() -> Path:
    """Return the program; compiled at the first call."""
    return build(Path(_FOLDER.name))
