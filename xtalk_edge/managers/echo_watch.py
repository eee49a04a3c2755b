"""Watches how well the device's own voice is removed, and says so."""

from __future__ import annotations

import asyncio
import logging
import math

from xtalk_edge.audio.format import RATE_HZ, SOUNDING_DB, level_db
from xtalk_edge.audio.loop_delay import FAR_SAMPLES, NEAR_SAMPLES, LoopDelay
from xtalk_edge.bus import EventBus
from xtalk_edge.config.schema import Config
from xtalk_edge.events import EchoMeasured, SpeechRequested
from xtalk_edge.managers.base import WATCH_EVERY_S, Manager
from xtalk_edge.managers.capture import CaptureManager
from xtalk_edge.turn.echo_health import EchoHealth

log = logging.getLogger(__name__)

CERTAIN = 30.0
"""So much stronger than by chance an echo must come back to tell what is removed of it: 15 dB."""

TOLD_EVERY_S = 5.0
"""Seconds of its own voice between two measurements that are published."""


class EchoWatchManager(Manager):
    """Measures delay, drift and what is removed (ERLE) while the device talks."""

    def __init__(self, *, event_bus: EventBus, config: Config, capture: CaptureManager) -> None:
        super().__init__(event_bus=event_bus, config=config)
        self._capture = capture
        self._delay = LoopDelay()
        self._health = EchoHealth()
        self._at = 0
        """Sample from which on nothing has been looked at."""
        self._untold_s = 0.0
        self._told_poor = False

    async def start(self) -> None:
        """Begin to watch; with a sound to learn the room by if the settings ask for it."""
        self.tasks.start(self._run(), "echo watch")
        if self.config.echo.chirp:
            self.bus.publish(SpeechRequested(text="", sound="chirp"))

    async def _run(self) -> None:
        while True:
            await asyncio.sleep(WATCH_EVERY_S)
            while self._at + NEAR_SAMPLES <= self._capture.head:
                self._look(self._at)
                self._at += FAR_SAMPLES

    def _look(self, start: int) -> None:
        rings = self._capture.rings
        far, lost = rings.far.slice(start, start + FAR_SAMPLES)
        if lost or level_db(far) < SOUNDING_DB:
            return
        raw, _ = rings.raw.slice(start, start + NEAR_SAMPLES)
        clean, _ = rings.clean.slice(start, start + NEAR_SAMPLES)
        self._delay.observe(far, raw, start / RATE_HZ)
        if self._delay.delay_s is None:
            # Nothing of it comes back: headphones, or a room louder than the device.
            return
        came, by_chance = self._delay.echo_power(raw)
        if came <= CERTAIN * by_chance:
            return
        left, _ = self._delay.echo_power(clean)
        self._health.learn(10 * math.log10(came / max(left, came * 1e-6)))
        self._untold_s += FAR_SAMPLES / RATE_HZ
        news = self._health.poor is not self._told_poor or self._untold_s >= TOLD_EVERY_S
        removed_db = self._health.removed_db
        if news and removed_db is not None:
            self._tell(self._delay.delay_s, removed_db)

    def _tell(self, delay_s: float, removed_db: float) -> None:
        self._untold_s = 0.0
        poor = self._health.poor
        if poor is not self._told_poor:
            self._told_poor = poor
            log.warning(
                "the echo canceller removes %.0f dB of the device's own voice: %s",
                removed_db,
                "it listens only for the stop word while it talks" if poor else "enough again",
            )
        drift_ppm = self._delay.drift_ppm
        self.bus.publish(
            EchoMeasured(
                removed_db=round(removed_db, 1),
                delay_ms=round(1000 * delay_s, 1),
                drift_ppm=None if drift_ppm is None else round(drift_ppm, 1),
                poor=poor,
            )
        )
