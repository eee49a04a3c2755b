"""Models for recognisers and voices that need one: small networks, run by the real libraries."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.tiny_ctc import write_ctc
from tests.tiny_transducer import write_transducer
from tests.tiny_voice import write_voice
from xtalk_edge.engines import registry
from xtalk_edge.engines.foreign import SLOTS

WRITERS: dict[str, Callable[[Path], Path]] = {
    "piper": write_voice,
    "sherpa": write_transducer,
    "sherpa-offline": write_ctc,
}


def make(slot: str, name: str, *, folder: Path) -> Any:
    """Return an engine of that name; the model it needs is written into the folder."""
    params = {"model": str(WRITERS[name](folder))} if name in WRITERS else {}
    engine = registry.create(slot, name, params)
    assert isinstance(engine, SLOTS[slot].base)
    return engine
