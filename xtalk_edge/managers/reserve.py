"""Keeps room on the disk for what the owner would miss; that it is full is told by the health."""

from __future__ import annotations

import asyncio

from xtalk_edge.bus import EventBus
from xtalk_edge.config.schema import Config
from xtalk_edge.managers.base import Manager
from xtalk_edge.store.reserve import Reserve

LOOK_EVERY_S = 60.0
"""A disk fills in minutes at least, and looking is one question to the file system."""


class ReserveManager(Manager):
    """Takes the room again whenever there is plenty.

    Args:
        event_bus: where it would publish.
        config: the settings.
        reserve: the room that is kept.
    """

    def __init__(self, *, event_bus: EventBus, config: Config, reserve: Reserve) -> None:
        super().__init__(event_bus=event_bus, config=config)
        self._reserve = reserve

    async def start(self) -> None:
        """Begin to look."""
        self.tasks.start(self._keep(), "reserve")

    async def _keep(self) -> None:
        while True:
            self._reserve.keep()
            await asyncio.sleep(LOOK_EVERY_S)
