"""Says at the start what an owner should know of this device."""

from __future__ import annotations

from collections.abc import Sequence

from xtalk_edge.bus import EventBus
from xtalk_edge.config.schema import Config
from xtalk_edge.engines import hosting
from xtalk_edge.events import SpeechRequested
from xtalk_edge.managers.base import Manager

NO_GRAPHICS = "I can't use the graphics processor, so I may be slow."


class NoticeManager(Manager):
    """Tells that engines compute elsewhere than the settings want; the log says which, and why.

    Args:
        event_bus: where it publishes.
        config: the settings.
        told: what else is to be said.
    """

    def __init__(self, *, event_bus: EventBus, config: Config, told: Sequence[str] = ()) -> None:
        super().__init__(event_bus=event_bus, config=config)
        self._told = told

    async def start(self) -> None:
        """Say it once."""
        for sentence in self._told:
            self.bus.publish(SpeechRequested(text=sentence))
        if hosting.without_graphics(self.config):
            self.bus.publish(SpeechRequested(text=NO_GRAPHICS))
