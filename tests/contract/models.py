"""Models for recognisers and voices that need one: small networks, run by the real libraries."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.tiny_ctc import write_ctc
from tests.tiny_voice import write_voice

WRITERS: dict[str, Callable[[Path], Path]] = {"piper": write_voice, "sherpa-offline": write_ctc}


def params(name: str, folder: Path) -> dict[str, Any]:
    """Return what an engine of that name needs; its model is written into the folder."""
    return {"model": str(WRITERS[name](folder))} if name in WRITERS else {}
