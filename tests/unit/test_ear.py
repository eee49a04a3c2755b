from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from xtalk_edge.audio.format import RATE_HZ, Samples
from xtalk_edge.audio.room import RoomCard, RoomScene
from xtalk_edge.engines.echo.none import NoEchoCanceller
from xtalk_edge.engines.echo.webrtc import WebRTCEchoCanceller
from xtalk_edge.engines.enhancer.none import NoEnhancer
from xtalk_edge.engines.enhancer.webrtc_ns import WebRTCNoiseSuppressor
from xtalk_edge.engines.interfaces import EchoCanceller, SpeechEnhancer
from xtalk_edge.events import AudioGap, Event
from xtalk_edge.managers.ear import Ear, Rings


class Notes:
    """A listener that keeps what it heard."""

    def __init__(self) -> None:
        self.heard: list[tuple[int, Samples]] = []

    def hear(self, samples: Samples, at_sample: int) -> None:
        self.heard.append((at_sample, samples))


class Bench:
    """An ear on a card in a room, stepped by hand."""

    def __init__(
        self,
        scene: RoomScene,
        echo: EchoCanceller | None = None,
        enhancer: SpeechEnhancer | None = None,
    ) -> None:
        self.room = RoomCard(scene)
        self.rings = Rings.of_seconds(10)
        self.posted: list[Event] = []
        self.notes = Notes()
        self.ear = Ear(
            self.room,
            echo or NoEchoCanceller(),
            enhancer or NoEnhancer(),
            self.rings,
            [self.notes],
            self.posted.append,
        )
        self.room.start(0.0)
        self.now_s = 0.0

    def run_to(self, until_s: float, step_s: float = 0.01) -> None:
        while self.now_s < until_s - 1e-9:
            self.now_s = min(until_s, self.now_s + step_s)
            self.ear.step(self.now_s)

    def impulse(self, frame: int) -> None:
        self.room.say(
            np.array([20000], np.int16), self.room.rate_hz, at_s=frame / self.room.rate_hz
        )


def loudest(samples: Samples) -> int:
    return int(np.argmax(np.abs(samples.astype(int))))


@settings(max_examples=25, deadline=None)
@given(
    rate_hz=st.sampled_from([8000, 16000, 22050, 44100, 48000]),
    at_s=st.floats(0.05, 0.8),
    step_s=st.sampled_from([0.003, 0.01, 0.0371]),
)
@pytest.mark.slow
def test_an_impulse_stands_at_its_own_index_in_every_ring(
    rate_hz: int, at_s: float, step_s: float
) -> None:
    bench = Bench(RoomScene(rate_hz=rate_hz))
    frame = round(at_s * rate_hz)
    bench.impulse(frame)
    bench.run_to(1.0, step_s)
    wanted = frame * RATE_HZ / rate_hz
    for ring in (bench.rings.raw, bench.rings.clean):
        samples, lost = ring.slice(0, ring.head)
        assert lost == 0
        assert abs(loudest(samples) - wanted) <= 1


@pytest.mark.parametrize("rate_hz", [16000, 44100, 48000])
def test_what_was_played_stands_where_it_was_handed_to_the_card(rate_hz: int) -> None:
    bench = Bench(RoomScene(rate_hz=rate_hz, echo_db=0.0, echo_response=np.ones(1)))
    bench.run_to(0.2)
    impulse = np.zeros(200, np.int16)
    impulse[0] = 20000
    bench.room.core.write(impulse)
    bench.run_to(0.6)
    raw, far = (loudest(ring.slice(0, ring.head)[0]) for ring in (bench.rings.raw, bench.rings.far))
    assert far == pytest.approx(0.2 * RATE_HZ, abs=1)
    assert raw - far == pytest.approx(bench.room.echo_delay_frames * RATE_HZ / rate_hz, abs=1)


@pytest.mark.parametrize("rate_hz", [16000, 48000])
@pytest.mark.parametrize("at_s", [0.5, 0.7345])
@pytest.mark.slow
def test_engines_that_delay_leave_the_index_as_it_is(rate_hz: int, at_s: float) -> None:
    bench = Bench(RoomScene(rate_hz=rate_hz), WebRTCEchoCanceller(), WebRTCNoiseSuppressor())
    frame = round(at_s * rate_hz)
    bench.impulse(frame)
    bench.run_to(1.0)
    clean, _ = bench.rings.clean.slice(0, bench.rings.clean.head)
    assert abs(loudest(clean) - frame * RATE_HZ / rate_hz) <= 2


def test_listeners_hear_all_of_the_clean_sound_without_a_seam() -> None:
    bench = Bench(RoomScene(noise_db=-30.0), WebRTCEchoCanceller(), WebRTCNoiseSuppressor())
    bench.run_to(1.0, 0.013)
    at = 0
    for at_sample, samples in bench.notes.heard:
        assert at_sample == at
        at += len(samples)
    clean, _ = bench.rings.clean.slice(0, bench.rings.clean.head)
    assert at == bench.rings.clean.head > 0.97 * RATE_HZ
    assert np.array_equal(np.concatenate([part for _, part in bench.notes.heard]), clean)


@pytest.mark.parametrize("rate_hz", [16000, 48000])
def test_lost_sound_is_silence_announced_with_its_place(rate_hz: int) -> None:
    bench = Bench(RoomScene(rate_hz=rate_hz))
    bench.run_to(0.3)
    bench.room.drop(0.2)
    bench.run_to(0.6)
    frame = round(0.8 * rate_hz)
    bench.impulse(frame)
    bench.run_to(1.0)
    (gap,) = bench.posted
    assert isinstance(gap, AudioGap)
    assert (gap.at_sample, gap.samples, gap.reason) == (4800, 3200, "input overflow")
    clean, _ = bench.rings.clean.slice(0, bench.rings.clean.head)
    assert abs(loudest(clean) - 0.8 * RATE_HZ) <= 1
    # The rings agree but for what a frame of the echo canceller holds back.
    assert bench.rings.raw.head == bench.rings.far.head
    assert 0 <= bench.rings.raw.head - bench.rings.clean.head < 160


@pytest.mark.parametrize("rate_hz", [16000, 48000])
def test_a_long_time_that_was_lost_is_left_out_at_once(rate_hz: int) -> None:
    bench = Bench(RoomScene(rate_hz=rate_hz))
    bench.run_to(0.3)
    pieces = len(bench.notes.heard)
    bench.room._blocks += 300_000  # fifty minutes: the card stood still, and nobody else did
    bench.now_s += 3000.0
    bench.run_to(3000.6)
    frame = round(3000.8 * rate_hz)
    bench.impulse(frame)
    bench.run_to(3001.0)
    (gap,) = bench.posted
    assert isinstance(gap, AudioGap)
    assert gap.at_sample == 4800
    assert gap.samples == 3000 * RATE_HZ
    # The engines and listeners were given less than what fits the card's ring.
    heard = sum(len(sound) for _, sound in bench.notes.heard[pieces:])
    assert heard < 12 * RATE_HZ
    start = bench.rings.clean.head - RATE_HZ // 2
    clean, lost = bench.rings.clean.slice(start, bench.rings.clean.head)
    assert not lost
    assert abs(start + loudest(clean) - 3000.8 * RATE_HZ) <= 1
    assert bench.rings.raw.head == bench.rings.far.head
    assert 0 <= bench.rings.raw.head - bench.rings.clean.head < 160
    # All that was heard stands where it belongs.
    for at_sample, sound in bench.notes.heard[pieces:]:
        assert at_sample + len(sound) <= bench.rings.clean.head


@pytest.mark.slow
def test_the_sample_clock_follows_the_card() -> None:
    bench = Bench(RoomScene(rate_hz=48000))
    bench.run_to(2.0)
    assert bench.ear.sample_clock.to_s(48000) == pytest.approx(1.0, abs=1e-3)


def test_a_step_without_news_does_nothing() -> None:
    bench = Bench(RoomScene())
    bench.ear.step(0.0)
    bench.ear.step(0.005)
    assert bench.rings.raw.head == bench.rings.clean.head == 0
    assert not bench.notes.heard
