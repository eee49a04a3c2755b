"""Listens for the stop word while the device can be heard."""

from __future__ import annotations

from collections.abc import Callable

from xtalk_edge.audio.format import RATE_HZ, SOUNDING_DB, Samples, level_db
from xtalk_edge.bus import EventBus
from xtalk_edge.config.schema import Config
from xtalk_edge.engines.interfaces import WakeWord
from xtalk_edge.events import Event, StopWordDetected
from xtalk_edge.managers.base import Manager
from xtalk_edge.managers.ear import Rings

STAYS_S = 3.0
"""So long it goes on listening after the last sound: a reply may stand still, a bell may pause."""

PAUSES_S = 0.5
"""Longer silences end what the device says; those between sentences are shorter."""

SPOKEN_WITHIN_S = 1.0
"""Somebody must have been heard so lately: what is left of the device's own voice is no word.
"Please stop" takes as long."""

WORD_S = 0.3
"""So long ago they must have begun: the bang with which a noise begins, over what is left of the
device's own voice, passes for the word. "Stop" takes 0.35 s and more, and the voice detector hears
it from its vowel on."""

SAME_WORD_S = 1.0
"""Within it the word is told again only if it has become more likely."""


class StopWordManager(Manager):
    """Shows the spotter what is heard over the device's voice, and publishes the stop word."""

    def __init__(
        self,
        *,
        event_bus: EventBus,
        config: Config,
        stop_word: WakeWord,
        rings: Rings,
        heard_from: Callable[[int], int | None],
        post: Callable[[Event], None],
    ) -> None:
        super().__init__(event_bus=event_bus, config=config)
        self._stop_word = stop_word
        self._rings = rings
        self._heard_from = heard_from
        self._post = post
        self._since = 0
        """Sample at which the device began to be heard."""
        self._sounded = -round(STAYS_S * RATE_HZ)
        """Sample up to which the device was heard."""
        self._told_at, self._told = 0, 0.0
        """Sample at which the word was told last, and how likely it was; 0 for not yet."""

    def hear(self, samples: Samples, at_sample: int) -> None:
        """Take the next clean samples (ear's thread)."""
        end = at_sample + len(samples)
        far, _ = self._rings.far.slice(at_sample, end)
        # Most of the time there is nothing at all, which is told for less than how loud it is.
        if far.any() and level_db(far) >= SOUNDING_DB:
            if at_sample - self._sounded > round(PAUSES_S * RATE_HZ):
                self._since = at_sample
                self._told = 0.0
                self._stop_word.reset()
            self._sounded = end
        if at_sample - self._sounded >= round(STAYS_S * RATE_HZ):
            return
        probability = self._stop_word.detect(samples.tobytes())
        if probability is None:
            return
        # The question before the answer is no word over it.
        spoken_from = max(self._since, end - round(SPOKEN_WITHIN_S * RATE_HZ))
        began = self._heard_from(spoken_from)
        if began is None or end - began < round(WORD_S * RATE_HZ):
            return
        if probability <= self._told and end - self._told_at < round(SAME_WORD_S * RATE_HZ):
            return
        self._told_at, self._told = end, probability
        self._post(
            StopWordDetected(phrase=self._stop_word.phrase, at_sample=end, probability=probability)
        )
