"""A manager that tells a test what the device sees from within its service.

It also lets the loop stand still when it is asked to.
"""

from __future__ import annotations

import asyncio
import json
import os
import time
from dataclasses import asdict
from typing import Any

from xtalk_edge.bus import handles
from xtalk_edge.events import (
    BoardConnected,
    Event,
    MicrophoneMuted,
    SettingsReloaded,
    SpeechRequested,
    TTSPlaybackFinished,
    UplinkStateChanged,
)
from xtalk_edge.managers.base import WATCH_EVERY_S, Manager
from xtalk_edge.service.board import look

FACTS = "probe.jsonl"
STAND_STILL = "stand still"


class Probe(Manager):
    """Writes what happens into the service's state folder, one JSON object a line."""

    def __init__(self, **of_manager: Any) -> None:
        super().__init__(**of_manager)
        self._folder = self.config.store.folder()

    async def start(self) -> None:
        """Begin to look."""
        self.tasks.start(self._run(), "probe")

    async def _run(self) -> None:
        await asyncio.sleep(1.0)
        self._write("machine", asdict(look(self._folder)))
        self._write("process", {})
        while True:
            asked = self._folder / STAND_STILL
            if asked.exists():
                asked.unlink()
                _stand_still()
            await asyncio.sleep(WATCH_EVERY_S)

    @handles(BoardConnected)
    @handles(MicrophoneMuted)
    @handles(SettingsReloaded)
    @handles(SpeechRequested)
    @handles(TTSPlaybackFinished)
    @handles(UplinkStateChanged)
    def on_event(self, event: Event) -> None:
        """Write it."""
        self._write(type(event).__name__, asdict(event))

    def _write(self, kind: str, fields: dict[str, Any]) -> None:
        with (self._folder / FACTS).open("a", encoding="utf-8") as file:
            file.write(json.dumps({"kind": kind, "pid": os.getpid(), **fields}, default=str) + "\n")


def _stand_still() -> None:
    time.sleep(600)
