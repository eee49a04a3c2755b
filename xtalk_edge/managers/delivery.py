"""Speaks with another voice, faster, or with another emotion, when an event asks for it."""

from __future__ import annotations

import math

from xtalk_edge.bus import EventBus, handles
from xtalk_edge.config.schema import Config
from xtalk_edge.engines.mouth import Mouth
from xtalk_edge.events import (
    TTSDeliveryChanged,
    TTSEmotionChange,
    TTSSpeedChange,
    TTSVoiceChange,
)
from xtalk_edge.managers.base import Manager


class DeliveryManager(Manager):
    """Tells the voice how to speak, and everybody how it speaks now, whoever changed it."""

    def __init__(self, *, event_bus: EventBus, config: Config, mouth: Mouth) -> None:
        super().__init__(event_bus=event_bus, config=config)
        self._mouth = mouth
        mouth.on_change = self._tell

    @handles(TTSVoiceChange)
    async def on_voice(self, event: TTSVoiceChange) -> None:
        """Speak with another voice of the same engine."""
        try:
            await self._mouth.choose(event.voice_name)
        except Exception as error:  # noqa: BLE001 - an engine may raise anything; the old voice stays
            self._refused(error, event.turn_id)

    @handles(TTSEmotionChange)
    async def on_emotion(self, event: TTSEmotionChange) -> None:
        """Speak with another emotion, if the engine has any."""
        try:
            await self._mouth.set_emotion([*event.emotion_vector] or event.emotion_name)
        except Exception as error:  # noqa: BLE001 - an engine may raise anything; it goes on as before
            self._refused(error, event.turn_id)

    @handles(TTSSpeedChange)
    async def on_speed(self, event: TTSSpeedChange) -> None:
        """Speak faster or slower."""
        try:
            if not math.isfinite(event.speed) or event.speed <= 0.0:
                raise ValueError(f"a speed must be from 0.5 to 2, got {event.speed}")
            if not await self._mouth.set_speed(event.speed):
                raise ValueError('this voice has one speed only; set [speed] type = "sonic"')
        except Exception as error:  # noqa: BLE001 - an engine may raise anything; it goes on as before
            self._refused(error, event.turn_id)

    def _refused(self, error: Exception, turn_id: int) -> None:
        self.report(error, error_type="tts_delivery_error", component="tts", turn_id=turn_id)

    def _tell(self) -> None:
        mouth = self._mouth
        self.bus.publish(
            TTSDeliveryChanged(
                voice_name=mouth.current, emotion_name=mouth.emotion, speed=mouth.speed
            )
        )
