"""Writes down what leaves the device, and obeys "go offline" from wherever it is said."""

from __future__ import annotations

import asyncio
import datetime
import logging
from collections.abc import Callable

from xtalk_edge.bus import EventBus
from xtalk_edge.clock import wall_now
from xtalk_edge.config.schema import Config
from xtalk_edge.errors import EdgeError
from xtalk_edge.events import OfflineChanged
from xtalk_edge.managers.base import Manager
from xtalk_edge.tools.device.owners_border import OwnersBorder

log = logging.getLogger(__name__)

WRITE_EVERY_S = 300.0
"""What a power cut may take from the ledger, and how often a card is written to while much is sent:
some 280 times a day, and never when nothing was."""

LOOK_EVERY_S = 5.0
"""How soon `xtalk-edge privacy --offline` is obeyed. A look is one row read from memory."""


class EgressManager(Manager):
    """Keeps the ledger.

    Args:
        event_bus: where it publishes.
        config: the settings.
        border: what the owner knows and decides.
        clock: returns the owner's local date and time.
    """

    def __init__(
        self,
        *,
        event_bus: EventBus,
        config: Config,
        border: OwnersBorder,
        clock: Callable[[], datetime.datetime] = wall_now,
    ) -> None:
        super().__init__(event_bus=event_bus, config=config)
        self._border = border
        self._clock = clock
        self._trouble = ""
        self._unwatch: Callable[[], None] = lambda: None

    async def start(self) -> None:
        """Begin to write."""
        self._unwatch = self._border.border.watch(self._tell)
        if self._border.offline.is_on:
            log.info("the device is offline, because its owner asked for it")
        self.tasks.start(self._every(self._pause_s, self._border.ledger.write), "egress ledger")
        self.tasks.start(self._every(lambda: LOOK_EVERY_S, self._border.offline.look), "offline")

    async def shutdown(self) -> None:
        """End; what was sent since is written when the border is given back."""
        self._unwatch()
        await super().shutdown()

    def _tell(self) -> None:
        self.bus.publish(OfflineChanged(offline=self._border.offline.is_on))

    async def _every(self, pause_s: Callable[[], float], work: Callable[[], None]) -> None:
        while True:
            await asyncio.sleep(pause_s())
            try:
                work()
            except EdgeError as error:
                # A full disk stays full: once is enough, and the next time may go well.
                level = logging.DEBUG if str(error) == self._trouble else logging.ERROR
                self._trouble = str(error)
                log.log(level, "what leaves the device cannot be written down: %s", error)

    def _pause_s(self) -> float:
        """Return how long to wait; at midnight the day's last bytes are written under it."""
        now = self._clock()
        tomorrow = datetime.datetime.combine(
            now.date() + datetime.timedelta(days=1), datetime.time(), now.tzinfo
        )
        return min(WRITE_EVERY_S, max(1.0, (tomorrow - now).total_seconds()))
