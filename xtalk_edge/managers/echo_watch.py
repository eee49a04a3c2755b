"""Watches how well the device's own voice is removed, and says so."""

from __future__ import annotations

import logging
from collections import deque
from statistics import median

from xtalk_edge.audio.format import RATE_HZ, SOUNDING_DB, Samples, level_db
from xtalk_edge.audio.loop_delay import FAR_SAMPLES, NEAR_SAMPLES, LoopDelay
from xtalk_edge.bus import EventBus
from xtalk_edge.config.schema import Config
from xtalk_edge.events import EchoMeasured, SpeechRequested
from xtalk_edge.managers.base import Manager
from xtalk_edge.managers.capture import CaptureManager
from xtalk_edge.turn.echo_health import EchoHealth

log = logging.getLogger(__name__)

QUIET_PIECES = 20
"""Half seconds without its voice; the median of them is the room's noise, and not who spoke."""

PIECE = RATE_HZ // 10
"""Samples that are compared before and behind the canceller at a time."""

AUDIBLE_DB = 10.0
"""Above the room's own noise; of an echo that drowns in it nobody can tell what was removed."""

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
        self._poor = False
        self._noise_db: deque[float] = deque([SOUNDING_DB], maxlen=QUIET_PIECES)
        """What the microphone gave while the device was silent."""

    async def start(self) -> None:
        """Begin to watch; with a sound to learn the room by if the settings ask for it."""
        self.tasks.start(self._run(), "echo watch")
        if self.config.echo.chirp:
            self.bus.publish(SpeechRequested(text="", sound="chirp"))

    async def _run(self) -> None:
        while True:
            await self._capture.advance()
            while self._at + NEAR_SAMPLES <= self._capture.head:
                self._look(self._at)
                self._at += FAR_SAMPLES

    def _look(self, start: int) -> None:
        rings = self._capture.rings
        far, lost = rings.far.slice(start, start + FAR_SAMPLES)
        raw, _ = rings.raw.slice(start, start + NEAR_SAMPLES)
        if lost:
            return
        if level_db(far) < SOUNDING_DB:
            self._noise_db.append(level_db(raw[:FAR_SAMPLES]))
            return
        clean, _ = rings.clean.slice(start, start + NEAR_SAMPLES)
        self._delay.observe(far, raw, start / RATE_HZ)
        delay_s = self._delay.delay_s
        if delay_s is None:
            # Nothing of it comes back: headphones, or a room louder than the device.
            return
        self._compare(far, raw, clean, round(delay_s * RATE_HZ))
        self._untold_s += FAR_SAMPLES / RATE_HZ
        if self._health.poor is not self._poor or self._untold_s >= TOLD_EVERY_S:
            self._tell(delay_s)

    def _compare(self, far: Samples, raw: Samples, clean: Samples, delay: int) -> None:
        """Learn from each piece of what was played, where it came back."""
        least_db = max(SOUNDING_DB, median(self._noise_db)) + AUDIBLE_DB
        for at in range(0, FAR_SAMPLES - PIECE + 1, PIECE):
            heard = slice(at + delay, at + delay + PIECE)
            raw_db = level_db(raw[heard])
            if level_db(far[at : at + PIECE]) >= SOUNDING_DB and raw_db >= least_db:
                self._health.learn(raw_db - level_db(clean[heard]))

    def _tell(self, delay_s: float) -> None:
        poor, removed_db = self._health.poor, self._health.removed_db
        self._untold_s = 0.0
        if removed_db is None:
            return
        if poor is not self._poor:
            self._poor = poor
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
