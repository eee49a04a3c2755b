"""The stop word is listened for while the device can be heard, and some seconds longer."""

from __future__ import annotations

import numpy as np

from xtalk_edge.audio.format import RATE_HZ
from xtalk_edge.bus import EventBus
from xtalk_edge.config.schema import Config
from xtalk_edge.engines.interfaces import WakeWord
from xtalk_edge.events import Event
from xtalk_edge.managers.ear import Rings
from xtalk_edge.managers.stop_word import PAUSES_S, SAME_WORD_S, STAYS_S, WORD_S, StopWordManager

CHUNK = 160


class Counting(WakeWord):
    """Remembers what it was shown; hears the word where a sample is 7."""

    phrase = "stop"

    def __init__(self) -> None:
        self.shown: list[int] = []
        self.resets = 0
        self.probability = 0.9

    def detect(self, audio: bytes) -> float | None:
        samples = np.frombuffer(audio, np.int16)
        self.shown.append(len(samples))
        return self.probability if (samples == 7).any() else None

    def reset(self) -> None:
        self.resets += 1


class Bench:
    def __init__(self) -> None:
        self.rings = Rings.of_seconds(30.0)
        self.spotter = Counting()
        self.posted: list[Event] = []
        self.began, self.spoke_at = 0, 10**9
        self.manager = StopWordManager(
            event_bus=EventBus(),
            config=Config(),
            stop_word=self.spotter,
            rings=self.rings,
            heard_from=lambda sample: self.began if sample <= self.spoke_at else None,
            post=self.posted.append,
        )

    def pass_s(self, seconds: float, *, playing: bool, word: bool = False) -> None:
        for number in range(round(seconds * RATE_HZ / CHUNK)):
            far = np.full(CHUNK, 8_000 if playing else 0, np.int16)
            clean = np.full(CHUNK, 7 if word and not number else 0, np.int16)
            at_sample = self.rings.clean.head
            self.rings.far.write(far)
            self.rings.clean.write(clean)
            self.manager.hear(clean, at_sample)


def test_a_silent_device_listens_to_nothing() -> None:
    bench = Bench()
    bench.pass_s(2.0, playing=False, word=True)
    assert (bench.spotter.shown, bench.posted) == ([], [])


def test_the_question_before_the_answer_does_not_stop_it() -> None:
    bench = Bench()
    for _ in range(2):
        bench.pass_s(1.0, playing=True)
        bench.pass_s(1.0, playing=False)
    bench.spoke_at = round(3.9 * RATE_HZ)
    bench.pass_s(0.1, playing=True, word=True)
    assert bench.posted == []
    bench.spoke_at = round(4.2 * RATE_HZ)
    bench.pass_s(0.1, playing=True, word=True)
    assert len(bench.posted) == 1


def test_a_reply_that_stands_still_can_be_stopped() -> None:
    bench = Bench()
    bench.pass_s(1.0, playing=True)
    bench.pass_s(STAYS_S - 0.2, playing=False)
    bench.pass_s(0.1, playing=False, word=True)
    assert len(bench.posted) == 1
    bench.pass_s(1.0, playing=False)
    shown = len(bench.spotter.shown)
    bench.pass_s(0.1, playing=False, word=True)
    assert (len(bench.spotter.shown), len(bench.posted)) == (shown, 1)
    bench.pass_s(0.1, playing=True)
    assert bench.spotter.resets == 2


def test_pauses_between_sentences_do_not_interrupt_the_spotter() -> None:
    bench = Bench()
    for _ in range(3):
        bench.pass_s(1.0, playing=True)
        bench.pass_s(PAUSES_S - 0.05, playing=False)
    assert bench.spotter.resets == 1
    assert len(set(bench.spotter.shown)) == 1


def test_a_word_that_nobody_was_heard_to_say_does_not_count() -> None:
    bench = Bench()
    bench.spoke_at = RATE_HZ
    bench.pass_s(2.0, playing=True)
    bench.pass_s(0.1, playing=True, word=True)
    assert bench.posted == []
    bench.spoke_at = 2 * RATE_HZ
    bench.pass_s(0.1, playing=True, word=True)
    assert len(bench.posted) == 1


def test_what_has_only_just_begun_is_no_word_yet() -> None:
    bench = Bench()
    bench.pass_s(2.0, playing=True)
    bench.began = round(1.9 * RATE_HZ)
    bench.pass_s(0.1, playing=True, word=True)
    assert bench.posted == []
    bench.pass_s(WORD_S, playing=True)
    bench.pass_s(0.1, playing=True, word=True)
    assert len(bench.posted) == 1


def test_the_next_reply_can_be_stopped_at_once() -> None:
    bench = Bench()
    bench.pass_s(1.0, playing=True)
    bench.pass_s(0.1, playing=True, word=True)
    bench.pass_s(PAUSES_S + 0.1, playing=False)
    bench.pass_s(0.1, playing=True)
    bench.pass_s(0.1, playing=True, word=True)
    assert len(bench.posted) == 2


def test_a_word_is_told_again_only_while_it_becomes_more_likely() -> None:
    bench = Bench()
    bench.pass_s(2.0, playing=True)
    told = []
    for probability in (0.6, 0.6, 0.8, 0.7):
        bench.spotter.probability = probability
        bench.pass_s(0.1, playing=True, word=True)
        told.append(len(bench.posted))
    assert told == [1, 1, 2, 2]
    bench.pass_s(SAME_WORD_S, playing=True)
    bench.pass_s(0.1, playing=True, word=True)
    assert len(bench.posted) == 3
