"""Tells the service manager how the device is, and does what it asks for."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any, Protocol

from xtalk_edge.bus import handles
from xtalk_edge.clock import wall_now
from xtalk_edge.config.schema import Config
from xtalk_edge.events import CardLost, CardOpened, Event, MicrophoneMuted, SettingsReloaded
from xtalk_edge.managers.base import Manager
from xtalk_edge.service.notify import ServiceManager


class Supervised(Protocol):
    """The appliance, as far as a service manager has to do with it."""

    @property
    def capture(self) -> Any:
        """Where sound comes from, once it is open."""

    async def reload(self, read: Callable[[], Config]) -> SettingsReloaded:
        """Put changed settings in force."""


class SupervisedManager(Manager):
    """Says that the device is ready once sound flows, and what it does from then on.

    Args:
        appliance: what is supervised.
        service: whom to tell.
        read: returns the settings anew, or raises EdgeError.
        of_manager: as every manager takes them.
    """

    def __init__(
        self,
        *,
        appliance: Supervised,
        service: ServiceManager,
        read: Callable[[], Config],
        **of_manager: Any,
    ) -> None:
        super().__init__(**of_manager)
        self._appliance = appliance
        self._service = service
        self._read = read
        self._ready = False
        self._reload_asked = asyncio.Event()

    async def start(self) -> None:
        """Wait for sound."""
        self.tasks.start(self._run(), "supervision")

    def ask_reload(self) -> None:
        """Read the settings again, now or as soon as the device is ready."""
        self._reload_asked.set()

    async def _run(self) -> None:
        # A card may open and give nothing.
        await self._appliance.capture.advance()
        self._ready = True
        self._service.ready()
        self._tell()
        while True:
            await self._reload_asked.wait()
            self._reload_asked.clear()
            await self._reload()

    async def _reload(self) -> None:
        self._service.reloading()
        try:
            told = await self._appliance.reload(self._read)
        finally:
            self._service.ready()
        self._tell(f" At {wall_now():%H:%M:%S}: {told.sentence}")

    def _tell(self, more: str = "") -> None:
        if self._ready:
            muted = self._appliance.capture.muted
            self._service.status(("The microphone is muted." if muted else "Listens.") + more)

    @handles(CardLost)
    def on_card_lost(self, event: CardLost) -> None:
        """Say what is waited for."""
        self._service.status(f"Waits for the sound device: {event.reason}")

    @handles(CardOpened)
    @handles(MicrophoneMuted)
    def on_change(self, _event: Event) -> None:
        """Say whether anything is heard."""
        self._tell()
