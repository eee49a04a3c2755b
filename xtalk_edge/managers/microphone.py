"""Says so when the microphone gives nothing at all, or far too much.

Deaf, the device would seem to listen; and of what is cut off at full scale it understands little.
What comes again and again, sample by sample, comes from a driver that has hung, and no room.
"""

from __future__ import annotations

import asyncio
import logging

import numpy as np

from xtalk_edge.audio.format import FULL_SCALE, RATE_HZ, Samples
from xtalk_edge.bus import EventBus, handles
from xtalk_edge.config.schema import Config
from xtalk_edge.events import (
    AudioGap,
    CardOpened,
    MicrophoneClipped,
    MicrophoneDead,
    SpeechRequested,
)
from xtalk_edge.managers.base import WATCH_EVERY_S, Manager
from xtalk_edge.managers.capture import CaptureManager

log = logging.getLogger(__name__)

SAYING = "I hear nothing at all from my microphone. Is it muted or unplugged?"

CLIPPED = RATE_HZ // 100
"""Samples at full scale within `CLIPPED_WITHIN`: a slammed door has fewer, loud speech has more."""

CLIPPED_WITHIN = 10 * RATE_HZ

COMPARED = RATE_HZ // 10
"""In fewer samples anything may come twice."""


class MicrophoneManager(Manager):
    """Watches for a signal that stands still; every real microphone has some noise."""

    def __init__(self, *, event_bus: EventBus, config: Config, capture: CaptureManager) -> None:
        super().__init__(event_bus=event_bus, config=config)
        self._capture = capture
        self._looked = 0
        """Sample up to which the sound has been looked at."""
        self._alive = 0
        """Sample at which it last moved."""
        self.fresh = 0
        """Sample up to which there was something else than the same piece again and again."""
        self._dead = self._suspected = False
        self._clipped = 0
        self._clips_told = False

    async def start(self) -> None:
        """Begin to watch; a file may be as silent as it likes, and a page between two words."""
        if self.config.audio.card == "portaudio":
            self.tasks.start(self._run(), "microphone")

    @handles(CardOpened)
    def on_card(self, event: CardOpened) -> None:
        """Begin anew: what was missed while there was no card is no silence."""
        self._alive = self.fresh = self._capture.head

    @handles(AudioGap)
    def on_gap(self, event: AudioGap) -> None:
        """Leave out what was lost: it is no silence either."""
        self._alive = max(self._alive, event.at_sample + event.samples)

    async def _run(self) -> None:
        while True:
            await asyncio.sleep(WATCH_EVERY_S)
            head = self._capture.head
            sound, _ = self._capture.rings.raw.slice(self._looked, head)
            self._count_clipped(sound, head)
            self._looked = head
            if not repeats(sound):
                self.fresh = head
            if self._capture.muted:
                # Silence was asked for.
                self._alive = head
            elif len(sound) and sound.min() != sound.max():
                self._alive = head
                if self._dead:
                    self._dead = False
                    log.warning("the microphone is alive again")
            silent = self._is_overdue(head)
            # That it was lost, and not silent, is told a moment after it is there.
            if silent and self._suspected and not self._dead:
                self._tell_dead(head)
            self._suspected = silent

    def _tell_dead(self, head: int) -> None:
        self._dead = True
        log.warning("the microphone gives nothing at all; see that it is not muted")
        self.bus.publish(MicrophoneDead(seconds=(head - self._alive) / RATE_HZ))
        self.bus.publish(SpeechRequested(text=SAYING))

    def _is_overdue(self, head: int) -> bool:
        limit = round(self.config.audio.dead_after_s * RATE_HZ)
        return limit > 0 and head - self._alive >= limit

    def _count_clipped(self, sound: Samples, head: int) -> None:
        if head // CLIPPED_WITHIN != self._looked // CLIPPED_WITHIN:
            self._clipped = 0
        self._clipped += int(np.count_nonzero(np.abs(sound.astype(np.int32)) >= FULL_SCALE - 1))
        if self._clipped >= CLIPPED and not self._clips_told:
            self._clips_told = True
            log.warning("the microphone is too loud and clips; turn its gain down")
            self.bus.publish(MicrophoneClipped(samples=self._clipped))


def repeats(sound: Samples) -> bool:
    """Tell whether a sound is one short piece again and again; silence is not meant."""
    half = sound[len(sound) // 2 :]
    if len(sound) < COMPARED or half.min() == half.max():
        return False
    return sound[:-1].tobytes().find(half.tobytes()) >= 0
