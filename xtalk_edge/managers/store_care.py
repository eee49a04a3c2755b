"""Tells what became of a damaged memory, and when the disk is full."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence

from xtalk_edge.bus import EventBus
from xtalk_edge.config.schema import Config
from xtalk_edge.events import SpeechRequested
from xtalk_edge.managers.base import Manager
from xtalk_edge.store.reserve import Reserve

log = logging.getLogger(__name__)

LOOK_EVERY_S = 60.0
"""A disk fills in minutes at least, and looking is one question to the file system."""

FULL = "My disk is full. Timers and alarms still work, but please make room soon."


class StoreCareManager(Manager):
    """Keeps the reserve, and says once that it cannot be kept.

    Args:
        event_bus: where it publishes.
        config: the settings.
        told: what is to be said at the start.
        reserve: the room that is kept.
    """

    def __init__(
        self, *, event_bus: EventBus, config: Config, told: Sequence[str], reserve: Reserve
    ) -> None:
        super().__init__(event_bus=event_bus, config=config)
        self._told = told
        self._reserve = reserve

    async def start(self) -> None:
        """Say what is to be said, and begin to look."""
        for sentence in self._told:
            self.bus.publish(SpeechRequested(text=sentence))
        self.tasks.start(self._look(), "disk")

    async def _look(self) -> None:
        had_room = True
        while True:
            has_room = self._reserve.keep()
            if had_room and not has_room:
                log.error("the disk of the state folder is full; timers and alarms are still kept")
                self.bus.publish(SpeechRequested(text=FULL))
            had_room = has_room
            await asyncio.sleep(LOOK_EVERY_S)
