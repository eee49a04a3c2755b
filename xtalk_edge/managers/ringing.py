"""Rings timers and alarms: a chime and a sentence, again and again, until somebody reacts."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Callable
from dataclasses import dataclass

from xtalk_edge.bus import EventBus, handles
from xtalk_edge.config.schema import Config
from xtalk_edge.events import (
    AnnouncementDropped,
    AnnouncementStarted,
    ButtonPressed,
    SpeechRequested,
    SpeechWithdrawn,
    StopWordDetected,
    TTSPlaybackFinished,
    TTSStopped,
    TurnLLMAgentStartRequested,
    WakeWordDetected,
)
from xtalk_edge.managers.base import Manager
from xtalk_edge.tools.timekeeping.ringing import MissedRings, Ring

PAUSE_S = 3.0
"""Between two rounds: quiet enough to be heard saying "stop", short enough to keep ringing."""

ROUNDS = {"timer": 10, "alarm": 40}
"""Some one and a half and six minutes: a forgotten pot is remembered by then, and a sleeper who
has not woken is not at home."""


@dataclass(slots=True)
class _Ringing:
    ring: Ring | MissedRings
    rounds_left: int
    begun: bool = False
    """Whether the owner can have heard it."""


class RingingManager(Manager):
    """Announces each ring until the owner speaks to the device, stops it, or its rounds are over.

    Args:
        event_bus: the appliance's bus.
        config: the settings.
        finished: called once for each ring that needs no more attention.
    """

    def __init__(
        self, *, event_bus: EventBus, config: Config, finished: Callable[[Ring | MissedRings], None]
    ) -> None:
        super().__init__(event_bus=event_bus, config=config)
        self._finished = finished
        self._offer_ids = itertools.count(1)
        self._ringing: dict[int, _Ringing] = {}
        """By the number of the offer, from the ring to its end."""
        self._turns: dict[int, int] = {}
        """Turn in which an offer is being said, to the offer's number."""

    @property
    def heard(self) -> bool:
        """Whether something rings that the owner can have heard."""
        return any(ringing.begun for ringing in self._ringing.values())

    def ring(self, ring: Ring | MissedRings) -> None:
        """Begin to ring."""
        offer_id = next(self._offer_ids)
        self._ringing[offer_id] = _Ringing(ring, 1 if ring.missed else ROUNDS[ring.kind])
        self._offer(offer_id)

    def _offer(self, offer_id: int) -> None:
        ringing = self._ringing[offer_id]
        ringing.rounds_left -= 1
        sound = "" if ringing.ring.missed else ringing.ring.kind
        sentence = ringing.ring.sentence()
        self.bus.publish(SpeechRequested(text=sentence, sound=sound, offer_id=offer_id))

    @handles(AnnouncementStarted)
    def on_started(self, event: AnnouncementStarted) -> None:
        """Remember which turn is a ring's."""
        if event.offer_id in self._ringing:
            self._ringing[event.offer_id].begun = True
            self._turns[event.turn_id] = event.offer_id

    @handles(AnnouncementDropped)
    def on_dropped(self, event: AnnouncementDropped) -> None:
        """Ring again later: too much else was to be said."""
        self._again(event.offer_id)

    @handles(TTSPlaybackFinished)
    def on_played(self, event: TTSPlaybackFinished) -> None:
        """Ring again after a pause."""
        self._again(self._turns.pop(event.turn_id, 0))

    @handles(TTSStopped)
    def on_stopped(self, event: TTSStopped) -> None:
        """Take the end of a ring that somebody cut off."""
        self._end(self._turns.pop(event.turn_id, 0))

    @handles(TurnLLMAgentStartRequested, priority=1)
    def on_asked(self, _event: TurnLLMAgentStartRequested) -> None:
        """Take anything said to the device as "I have heard it"."""
        self._end_all()

    @handles(WakeWordDetected)
    def on_wake(self, _event: WakeWordDetected) -> None:
        """Take the wake phrase as "I have heard it"."""
        self._end_all()

    @handles(StopWordDetected)
    def on_stop_word(self, _event: StopWordDetected) -> None:
        """Take "stop" as "I have heard it"; it may have been said between two rings."""
        self._end_all()

    @handles(ButtonPressed)
    def on_button(self, _event: ButtonPressed) -> None:
        """Take the button as "I have heard it"."""
        self._end_all()

    def _again(self, offer_id: int) -> None:
        ringing = self._ringing.get(offer_id)
        if ringing is None:
            return
        if ringing.rounds_left <= 0:
            self._end(offer_id)
        else:
            self.tasks.start(self._after_pause(offer_id), "ring")

    async def _after_pause(self, offer_id: int) -> None:
        await asyncio.sleep(PAUSE_S)
        if offer_id in self._ringing:
            self._offer(offer_id)

    def _end_all(self) -> None:
        # What nobody has heard yet must still be said.
        for offer_id in [each for each, ringing in self._ringing.items() if ringing.begun]:
            self._end(offer_id)

    def _end(self, offer_id: int) -> None:
        ringing = self._ringing.pop(offer_id, None)
        if ringing is not None:
            # The next round may be waiting for the floor already.
            self.bus.publish(SpeechWithdrawn(offer_id=offer_id))
            self._finished(ringing.ring)
