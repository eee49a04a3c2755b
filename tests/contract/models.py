"""Models for recognisers and voices that need one: small networks, run by the real libraries."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.tiny_ctc import write_ctc
from tests.tiny_sherpa_voice import write_sherpa_voice
from tests.tiny_smart_turn import write_smart_turn
from tests.tiny_transducer import write_transducer
from tests.tiny_voice import write_voice
from xtalk_edge.engines import registry
from xtalk_edge.engines.foreign import SLOTS

WRITERS: dict[tuple[str, str], Callable[[Path], Path]] = {
    ("asr", "sherpa"): write_transducer,
    ("asr", "sherpa-offline"): write_ctc,
    ("turn_detector", "smart-turn"): write_smart_turn,
    ("tts", "piper"): write_voice,
    ("tts", "sherpa"): write_sherpa_voice,
}


def make(slot: str, name: str, *, folder: Path) -> Any:
    """Return an engine of that name; the model it needs is written into the folder."""
    write = WRITERS.get((slot, name))
    params = {"model": str(write(folder))} if write else {}
    engine = registry.create(slot, name, params)
    assert isinstance(engine, SLOTS[slot].base)
    return engine
