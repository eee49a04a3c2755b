"""The voice detector's manager: it rests while the device sleeps, and misses nothing by it."""

from __future__ import annotations

import numpy as np
import pytest

from xtalk_edge.audio.format import RATE_HZ
from xtalk_edge.bus import EventBus
from xtalk_edge.config.schema import Config
from xtalk_edge.engines.interfaces import VAD
from xtalk_edge.events import Event, TurnStateChanged, VADSpeechClear, VADSpeechEnd, VADSpeechStart
from xtalk_edge.managers.ear import Rings
from xtalk_edge.managers.vad import RECALLED_S, VADManager
from xtalk_edge.turn.actions import State

CHUNK = 160
SPEECH = 1_000


class Loudness(VAD):
    """Takes loud frames for speech, and counts what it is shown."""

    frame_samples = 512

    def __init__(self) -> None:
        self.frames = 0

    def probability(self, frame: bytes) -> float:
        self.frames += 1
        return float((np.abs(np.frombuffer(frame, "<i2")) >= SPEECH).mean() > 0.5)

    def reset(self) -> None:
        pass


class Bench:
    def __init__(self) -> None:
        self.rings = Rings.of_seconds(30.0)
        self.vad = Loudness()
        self.posted: list[Event] = []
        self.manager = VADManager(
            event_bus=EventBus(),
            config=Config(),
            vad=self.vad,
            rings=self.rings,
            post=self.posted.append,
        )

    def become(self, state: State) -> None:
        self.manager.on_state(TurnStateChanged(state=state))

    def hear(self, seconds: float, level: int = 0, far: int = 0) -> None:
        for _ in range(round(seconds * RATE_HZ / CHUNK)):
            sound = np.full(CHUNK, level, np.int16)
            at_sample = self.rings.clean.head
            for ring in (self.rings.raw, self.rings.far, self.rings.clean):
                played = np.full(CHUNK, far, np.int16)
                ring.write(played if ring is self.rings.far else sound)
            self.manager.hear(sound, at_sample)

    @property
    def starts_s(self) -> list[float]:
        return [e.at_sample / RATE_HZ for e in self.posted if isinstance(e, VADSpeechStart)]


def test_nothing_is_judged_while_the_device_sleeps() -> None:
    bench = Bench()
    bench.become(State.ASLEEP)
    bench.hear(10.0, SPEECH)
    assert not bench.vad.frames
    assert not bench.posted


@pytest.mark.parametrize("before_s", [0.3, 0.8, 1.2])
def test_on_waking_it_knows_who_spoke_just_now(before_s: float) -> None:
    bench = Bench()
    bench.become(State.ASLEEP)
    bench.hear(5.0)
    began_s = bench.rings.clean.head / RATE_HZ
    bench.hear(before_s, SPEECH)
    bench.become(State.ATTENDING)
    bench.hear(0.1, SPEECH)
    assert bench.starts_s == [pytest.approx(began_s, abs=0.04)]


def test_speech_that_was_over_before_it_woke_has_a_start_and_an_end() -> None:
    bench = Bench()
    bench.become(State.ASLEEP)
    bench.hear(5.0)
    bench.hear(0.5, SPEECH)
    bench.hear(0.5)
    bench.become(State.ATTENDING)
    bench.hear(0.1)
    assert [type(event) for event in bench.posted] == [VADSpeechStart, VADSpeechEnd]


def test_it_listens_no_further_back_than_it_needs_to() -> None:
    bench = Bench()
    bench.become(State.ASLEEP)
    bench.hear(10.0)
    bench.become(State.LISTENING)
    bench.hear(0.01)
    assert bench.vad.frames <= RECALLED_S * RATE_HZ / bench.vad.frame_samples + 1


def test_it_can_be_woken_before_it_has_heard_anything() -> None:
    bench = Bench()
    bench.become(State.ASLEEP)
    bench.hear(0.02)
    bench.become(State.ATTENDING)
    bench.hear(0.5, SPEECH)
    assert bench.starts_s == [pytest.approx(0.0, abs=0.04)]


def test_speech_that_goes_on_when_it_falls_asleep_is_heard_to_its_end() -> None:
    bench = Bench()
    bench.hear(1.0, SPEECH)
    bench.become(State.ASLEEP)
    bench.hear(1.0, SPEECH)
    bench.hear(1.0)
    assert [type(event) for event in bench.posted] == [VADSpeechStart, VADSpeechEnd]
    frames = bench.vad.frames
    bench.hear(1.0, SPEECH)
    assert bench.vad.frames == frames


def kinds(bench: Bench) -> list[str]:
    return [type(event).__name__ for event in bench.posted]


def test_in_quiet_speech_is_clear_at_once() -> None:
    bench = Bench()
    bench.hear(1.0)
    bench.hear(1.0, SPEECH)
    bench.hear(1.0)
    assert kinds(bench) == ["VADSpeechStart", "VADSpeechEnd"]
    start = bench.posted[0]
    assert isinstance(start, VADSpeechStart)
    assert start.clear


def test_over_its_own_voice_it_is_clear_once_the_detector_is_sure_for_a_while() -> None:
    bench = Bench()
    bench.hear(5.0, far=SPEECH)
    bench.hear(1.0, SPEECH, far=SPEECH)
    bench.hear(1.0, far=SPEECH)
    assert kinds(bench) == ["VADSpeechStart", "VADSpeechClear", "VADSpeechEnd"]
    start, clear, _ = bench.posted
    assert isinstance(start, VADSpeechStart) and isinstance(clear, VADSpeechClear)
    assert not start.clear
    assert 0.3 < (clear.at_sample - start.at_sample) / RATE_HZ < 0.6


def test_of_speech_that_was_over_before_it_woke_the_end_is_told_with_the_start() -> None:
    bench = Bench()
    bench.become(State.ASLEEP)
    bench.hear(5.0)
    bench.hear(0.4, SPEECH)
    bench.hear(0.6)
    bench.become(State.ATTENDING)
    bench.hear(0.1)
    start, end = bench.posted
    assert isinstance(start, VADSpeechStart) and isinstance(end, VADSpeechEnd)
    assert start.ended_sample == end.at_sample
    bench.hear(1.0, SPEECH)
    last = bench.posted[-1]
    assert isinstance(last, VADSpeechStart)
    assert last.ended_sample is None
