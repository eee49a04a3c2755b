"""Says when the wake phrase was spoken."""

from __future__ import annotations

from collections.abc import Callable

from xtalk_edge.audio.format import Samples
from xtalk_edge.bus import EventBus
from xtalk_edge.config.schema import Config
from xtalk_edge.engines.interfaces import WakeWord
from xtalk_edge.events import Event, WakeWordClaimed, WakeWordDetected
from xtalk_edge.managers.base import Manager
from xtalk_edge.managers.ear import Rings
from xtalk_edge.turn.phrase_end import phrase_end


class WakeManager(Manager):
    """Feeds the wake word on the ear's thread and publishes detections."""

    def __init__(
        self,
        *,
        event_bus: EventBus,
        config: Config,
        wake: WakeWord,
        rings: Rings,
        post: Callable[[Event], None],
    ) -> None:
        super().__init__(event_bus=event_bus, config=config)
        self._wake = wake
        self._rings = rings
        self._post = post
        self._kind = WakeWordClaimed if config.wake.neighbours else WakeWordDetected

    def hear(self, samples: Samples, at_sample: int) -> None:
        """Take the next clean samples (ear's thread)."""
        probability = self._wake.detect(samples.tobytes())
        if probability is not None:
            self._post(
                self._kind(
                    phrase=self._wake.phrase,
                    at_sample=self._phrase_end(at_sample + len(samples)),
                    probability=probability,
                )
            )

    def _phrase_end(self, detected: int) -> int:
        """Return where the phrase ended that was detected there."""
        most, least = self._wake.ended_ago()
        earliest = max(0, detected - most)
        sound, _ = self._rings.clean.slice(earliest, detected - least)
        return earliest + phrase_end(sound)
