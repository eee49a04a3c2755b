"""What the managers' tests share: a bus that remembers, and a capture without engines."""

from __future__ import annotations

import asyncio
from typing import TypeVar

from xtalk_edge.audio.card import Card
from xtalk_edge.audio.room import RoomCard, RoomScene
from xtalk_edge.bus import EventBus
from xtalk_edge.config.schema import Config
from xtalk_edge.engines.echo.none import NoEchoCanceller
from xtalk_edge.engines.enhancer.none import NoEnhancer
from xtalk_edge.events import Event
from xtalk_edge.managers.capture import CaptureManager

E = TypeVar("E", bound=Event)


class Log:
    """Everything a bus carries."""

    def __init__(self, bus: EventBus) -> None:
        self.events: list[Event] = []
        bus.subscribe(Event, self.events.append)

    def all_of(self, *kinds: type[E]) -> list[E]:
        return [event for event in self.events if isinstance(event, kinds)]

    def names(self) -> list[str]:
        return [type(event).__name__ for event in self.events]


def plain_capture(
    bus: EventBus, card: Card | None = None, config: Config | None = None
) -> CaptureManager:
    """Return a capture that hears a silent room, or the card, as it is."""
    return CaptureManager(
        event_bus=bus,
        config=config or Config(),
        card=card or RoomCard(RoomScene()),
        echo=NoEchoCanceller(),
        enhancer=NoEnhancer(),
    )


async def turns_of_the_loop(count: int = 5) -> None:
    """Let everything that is ready run."""
    for _ in range(count):
        await asyncio.sleep(0)
