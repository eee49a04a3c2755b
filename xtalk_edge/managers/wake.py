"""Says when the wake phrase was spoken."""

from __future__ import annotations

from collections.abc import Callable

from xtalk_edge.audio.format import Samples
from xtalk_edge.bus import EventBus
from xtalk_edge.config.schema import Config
from xtalk_edge.engines.interfaces import WakeWord
from xtalk_edge.events import Event, WakeWordDetected
from xtalk_edge.managers.base import Manager


class WakeManager(Manager):
    """Feeds the wake word on the ear's thread and publishes detections."""

    def __init__(
        self,
        *,
        event_bus: EventBus,
        config: Config,
        wake: WakeWord,
        post: Callable[[Event], None],
    ) -> None:
        super().__init__(event_bus=event_bus, config=config)
        self._wake = wake
        self._post = post

    def hear(self, samples: Samples, at_sample: int) -> None:
        """Take the next clean samples (ear's thread)."""
        probability = self._wake.detect(samples.tobytes())
        if probability is not None:
            self._post(
                WakeWordDetected(
                    phrase=self._wake.phrase,
                    at_sample=at_sample + len(samples),
                    probability=probability,
                )
            )
