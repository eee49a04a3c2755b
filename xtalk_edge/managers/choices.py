"""Remembers how the owner wants the device to be, and makes it so again after a restart."""

from __future__ import annotations

import logging
import math
from collections.abc import Callable, Sequence

from xtalk_edge.bus import EventBus, handles
from xtalk_edge.config.alternatives import USUAL
from xtalk_edge.config.schema import Config
from xtalk_edge.errors import EdgeError
from xtalk_edge.events import (
    ModelSwitched,
    ModelSwitchFailed,
    TTSDeliveryChanged,
    TTSSpeedChange,
    TTSVoiceChange,
    VolumeChanged,
)
from xtalk_edge.managers.base import Manager
from xtalk_edge.managers.playback import PlaybackManager
from xtalk_edge.store.choices import ChoiceTable

log = logging.getLogger(__name__)

LEAST_PERCENT = 10
"""A voice that was turned off is not off for good: the owner would take the device for broken."""


class ChoicesManager(Manager):
    """Keeps volume, voice and speed of the voice, and which of the alternatives is in use.

    Args:
        event_bus: where it listens and publishes.
        config: the settings; a choice made before they named another voice still holds.
        table: where they are kept.
        playback: whose volume it is.
        switch_to: puts an alternative into a slot without a word, and tells whether it is another
            one than is in use; raises KeyError.
        voices: returns what the voice in use can sound like, the usual one first.
    """

    def __init__(
        self,
        *,
        event_bus: EventBus,
        config: Config,
        table: ChoiceTable,
        playback: PlaybackManager,
        switch_to: Callable[[str, str], bool],
        voices: Callable[[], Sequence[str]],
    ) -> None:
        super().__init__(event_bus=event_bus, config=config)
        self._table = table
        self._playback = playback
        self._switch_to = switch_to
        self._voices = voices
        self._kept: dict[str, str] = {}
        self._voice_comes = False
        """Whether another engine is on its way, whose voice and speed these are."""

    async def start(self) -> None:
        """Make the device as it was."""
        try:
            self._kept = self._table.all()
        except EdgeError as error:
            log.error("what was chosen cannot be read: %s", error)
        self._put_back("agent")
        self._voice_comes = self._put_back("tts")
        if (percent := _number(self._kept.get("volume"))) is not None:
            self._playback.set_percent(round(min(100, max(LEAST_PERCENT, percent))))
        if not self._voice_comes:
            self._speak_as_before()

    def _put_back(self, slot: str) -> bool:
        name = self._kept.get(slot)
        try:
            return name is not None and self._switch_to(slot, name)
        except KeyError:
            log.warning("the settings have no alternatives.%s.%s any more", slot, name)
            self._keep(slot, "")
            return False

    def _speak_as_before(self) -> None:
        if voice := self._kept.get("voice"):
            self.bus.publish(TTSVoiceChange(voice_name=voice))
        if (speed := _number(self._kept.get("speed"))) is not None:
            self.bus.publish(TTSSpeedChange(speed=speed))

    @handles(VolumeChanged)
    def on_volume(self, event: VolumeChanged) -> None:
        """The volume was turned."""
        self._keep("volume", "" if event.percent == 100 else str(event.percent))

    @handles(TTSDeliveryChanged)
    def on_delivery(self, event: TTSDeliveryChanged) -> None:
        """It speaks with another voice, or at another speed."""
        if self._voice_comes:
            return
        usual = event.voice_name in self._voices()[:1]
        self._keep("voice", "" if usual else event.voice_name)
        self._keep("speed", "" if event.speed == 1.0 else str(event.speed))

    @handles(ModelSwitched)
    def on_switched(self, event: ModelSwitched) -> None:
        """Another engine is in use."""
        if event.name:
            self._keep(event.slot, "" if event.name == USUAL else event.name)
        self._came(event.slot)

    @handles(ModelSwitchFailed)
    def on_failed(self, event: ModelSwitchFailed) -> None:
        """The engine before goes on."""
        self._came(event.slot)

    def _came(self, slot: str) -> None:
        if slot == "tts" and self._voice_comes:
            self._voice_comes = False
            self._speak_as_before()

    def _keep(self, name: str, value: str) -> None:
        # Unchanged, a choice costs the card no write.
        if self._kept.get(name, "") == value:
            return
        self._kept[name] = value
        try:
            self._table.keep(name, value)
        except EdgeError as error:
            log.error("what was chosen cannot be kept: %s", error)


def _number(text: str | None) -> float | None:
    """Return what was kept; None if it is none that anybody could have chosen."""
    try:
        found = float(text or "")
    except ValueError:
        return None
    return found if math.isfinite(found) and found >= 0 else None
