"""Says at the start what an owner should know of this device."""

from __future__ import annotations

from xtalk_edge.engines import hosting
from xtalk_edge.events import SpeechRequested
from xtalk_edge.managers.base import Manager

NO_GRAPHICS = "I can't use the graphics processor, so I may be slow."


class NoticeManager(Manager):
    """Tells that engines compute elsewhere than the settings want; the log says which, and why."""

    async def start(self) -> None:
        """Say it once."""
        if hosting.without_graphics(self.config):
            self.bus.publish(SpeechRequested(text=NO_GRAPHICS))
