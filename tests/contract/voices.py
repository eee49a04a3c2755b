"""Models for the voices that need one."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tests.tiny_voice import write_voice


def params(name: str, folder: Path) -> dict[str, Any]:
    """Return what a voice of that name needs; its model is written into the folder."""
    return {"model": str(write_voice(folder))} if name == "piper" else {}
