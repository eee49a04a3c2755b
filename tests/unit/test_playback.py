from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator

import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings as limits
from hypothesis import strategies as st

from tests.unit.manager_parts import Log, plain_capture
from xtalk_edge.audio.format import db_to_gain
from xtalk_edge.audio.room import RoomCard, RoomScene
from xtalk_edge.bus import EventBus
from xtalk_edge.clock import run_virtual
from xtalk_edge.config.schema import AudioConfig, Config, TurnConfig
from xtalk_edge.engines.interfaces import SpeechChunk, WordMark
from xtalk_edge.events import (
    TTSHeld,
    TTSPaused,
    TTSPlaybackFinished,
    TTSPlaybackStarted,
    TTSResumed,
    TTSStopped,
    TurnTTSHoldRequested,
    TurnTTSPauseRequested,
    TurnTTSResumeRequested,
    TurnTTSSoundAppendRequested,
)
from xtalk_edge.managers.playback import PlaybackManager

LEVEL = 10_000


class Bench:
    def __init__(self, config: Config, scene: RoomScene) -> None:
        self.bus = EventBus()
        self.log = Log(self.bus)
        self.room = RoomCard(scene)
        self.capture = plain_capture(self.bus, self.room, config)
        self.playback = PlaybackManager(event_bus=self.bus, config=config, capture=self.capture)
        self.bus.register(self.playback)

    def say(self, turn_id: int, *clauses: tuple[str, float], rate_hz: int = 16000) -> None:
        """Hand in a whole reply of steady sound."""
        self.playback.begin_reply(turn_id)
        for text, seconds in clauses:
            self.add(text, seconds, rate_hz)
        self.playback.end_reply(turn_id)

    def add(self, text: str, seconds: float, rate_hz: int = 16000) -> None:
        clause = self.playback.begin_clause(text, rate_hz)
        pcm = np.full(round(seconds * rate_hz), LEVEL, "<i2").tobytes()
        clause.add(SpeechChunk(pcm))
        clause.end()

    def level_at(self, at_s: float) -> int:
        return int(self.room.recording()[1][round(at_s * self.room.rate_hz)])


@contextlib.asynccontextmanager
async def bench(
    config: Config | None = None, scene: RoomScene | None = None
) -> AsyncIterator[Bench]:
    made = Bench(config or Config(), scene or RoomScene())
    await made.playback.start()
    await made.capture.start()
    try:
        yield made
    finally:
        await made.capture.shutdown()
        await made.playback.shutdown()
        await made.bus.aclose()


@pytest.mark.slow
def test_an_alarm_is_heard_although_the_voice_is_muted():
    async def scene():
        async with bench() as b:
            b.playback.set_percent(0)
            # Past the ramp.
            await asyncio.sleep(0.1)
            b.bus.publish(TurnTTSSoundAppendRequested(turn_id=2, sound="alarm"))
            b.say(1, ("one", 0.5))
            await asyncio.sleep(1)
            assert b.level_at(0.4) == 0
            b.say(2, ("two", 0.5))
            await asyncio.sleep(1)
            assert b.level_at(1.5) > LEVEL * 0.1
            assert b.playback.get_percent() == 0
            b.say(3, ("three", 0.5))
            await asyncio.sleep(1)
            assert b.level_at(2.5) == 0

    run_virtual(scene())


def test_a_tools_own_sound_keeps_to_the_volume():
    async def scene():
        async with bench() as b:
            b.playback.set_percent(0)
            # Past the ramp.
            await asyncio.sleep(0.1)
            b.bus.publish(TurnTTSSoundAppendRequested(turn_id=1, sound="audio-1"))
            b.say(1, ("one", 0.5))
            await asyncio.sleep(1)
            assert b.level_at(0.4) == 0

    run_virtual(scene())


def test_start_and_end_are_told_when_they_are_audible():
    async def scene():
        async with bench() as b:
            assert not b.playback.busy
            b.say(1, ("one two", 0.5))
            assert b.playback.busy
            await asyncio.sleep(1)
            played = np.flatnonzero(b.room.recording()[1]) / 16000
            (started,) = b.log.all_of(TTSPlaybackStarted)
            (finished,) = b.log.all_of(TTSPlaybackFinished)
            assert abs(started.at_s - played[0]) <= 0.001
            assert 0 <= finished.at_s - played[-1] <= 0.02
            assert (finished.turn_id, finished.text) == (1, "one two")
            assert not b.playback.busy

    run_virtual(scene())


@pytest.mark.parametrize("rate_hz", [8000, 22050, 48000])
def test_voices_of_any_rate_play_at_their_own_speed(rate_hz):
    async def scene():
        async with bench() as b:
            b.say(1, ("one", 0.3), ("two", 0.3), rate_hz=rate_hz)
            await asyncio.sleep(1)
            loud = np.flatnonzero(np.abs(b.room.recording()[1]) > LEVEL / 2)
            # The resampler's own delay stands once between two clauses.
            assert (loud[-1] - loud[0]) / 16000 == pytest.approx(0.6, abs=0.005)

    run_virtual(scene())


@pytest.mark.slow
def test_sound_that_does_not_fit_into_the_card_follows_in_order():
    async def scene():
        async with bench() as b:
            assert b.room.core.capacity_frames < 30 * 16000
            b.playback.begin_reply(1)
            clause = b.playback.begin_clause("a ramp", 16000)
            ramp = np.arange(30 * 16000).astype(np.int16)
            for piece in np.array_split(ramp, 100):
                clause.add(SpeechChunk(piece.astype("<i2").tobytes()))
            clause.end()
            b.playback.end_reply(1)
            await asyncio.sleep(31)
            played = b.room.recording()[1]
            start = int(np.flatnonzero(played)[0]) - 1
            assert np.array_equal(played[start : start + len(ramp)], ramp)
            (finished,) = b.log.all_of(TTSPlaybackFinished)
            assert finished.at_s == pytest.approx(30, abs=0.1)

    run_virtual(scene())


def test_a_cut_drops_what_waits_and_tells_what_was_heard():
    async def scene():
        async with bench() as b:
            b.playback.begin_reply(1)
            clause = b.playback.begin_clause("one two three four", 16000)
            marks = tuple(WordMark(i, i + 3, k * 8000) for k, i in enumerate((0, 4, 8, 14)))
            clause.add(SpeechChunk(np.full(32_000, LEVEL, "<i2").tobytes(), marks))
            await asyncio.sleep(1.4)
            b.playback.stop(2, "not this one")
            b.playback.stop(1, "test")
            b.playback.stop(1, "twice is once")
            clause.add(SpeechChunk(np.full(8_000, LEVEL, "<i2").tobytes()))
            clause.end()
            b.playback.end_reply(1)
            await asyncio.sleep(1)
            other, stopped = b.log.all_of(TTSStopped)
            assert (other.turn_id, other.text) == (2, "")
            assert (stopped.turn_id, stopped.text, stopped.reason) == (1, "one two three", "test")
            assert stopped.at_s == pytest.approx(1.42, abs=0.03)
            assert not b.level_at(1.6)
            assert not b.log.all_of(TTSPlaybackFinished)
            assert not b.playback.busy

    run_virtual(scene())


def test_a_cut_takes_what_follows_with_it():
    async def scene():
        async with bench() as b:
            b.say(1, ("One.", 1.0))
            b.say(2, ("Two.", 1.0))
            await asyncio.sleep(0.3)
            b.playback.stop(1, "test")
            b.playback.stop(2, "test")
            await asyncio.sleep(0.5)
            assert not b.playback.busy
            stopped = b.log.all_of(TTSStopped)
            assert [(each.turn_id, each.text) for each in stopped] == [(1, ""), (2, "")]
            b.say(3, ("Three.", 0.2))
            await asyncio.sleep(1.0)
            finished = b.log.all_of(TTSPlaybackFinished)
            assert [(each.turn_id, each.text) for each in finished] == [(3, "Three.")]

    run_virtual(scene())


def test_a_reply_without_sound_is_over_at_once_also_behind_a_cut():
    async def scene():
        async with bench() as b:
            b.say(1, ("one", 5.0))
            await asyncio.sleep(1)
            b.playback.stop(1, "test")
            b.say(2)
            await asyncio.sleep(0.05)
            b.say(3, ("", 0.0))
            await asyncio.sleep(0.05)
            finished = [(done.turn_id, done.text) for done in b.log.all_of(TTSPlaybackFinished)]
            assert finished == [(2, ""), (3, "")]
            assert [stopped.turn_id for stopped in b.log.all_of(TTSStopped)] == [1]

    run_virtual(scene())


def test_the_end_of_another_reply_changes_nothing():
    async def scene():
        async with bench() as b:
            b.playback.begin_reply(2)
            b.add("one", 0.1)
            b.playback.end_reply(1)
            await asyncio.sleep(1)
            assert not b.log.all_of(TTSPlaybackFinished)
            b.playback.end_reply(2)
            assert len(b.log.all_of(TTSPlaybackFinished)) == 0
            await asyncio.sleep(0)
            assert len(b.log.all_of(TTSPlaybackFinished)) == 1

    run_virtual(scene())


@limits(max_examples=15, deadline=None)
@given(
    percent=st.integers(0, 100),
    output_db=st.sampled_from([-20.0, -6.0, 0.0]),
    duck_db=st.sampled_from([-30.0, -15.0, 0.0]),
)
@pytest.mark.slow
def test_volume_output_gain_and_ducking_multiply(percent, output_db, duck_db):
    config = Config(audio=AudioConfig(output_gain_db=output_db), turn=TurnConfig(duck_db=duck_db))
    wanted = LEVEL * (percent / 100) ** 2 * db_to_gain(output_db)

    async def scene():
        async with bench(config) as b:
            assert b.playback.get_percent() == 100
            b.say(1, ("one", 2.0))
            await asyncio.sleep(0.2)
            b.playback.set_percent(percent)
            assert b.playback.get_percent() == percent
            await asyncio.sleep(0.2)
            b.bus.publish(TurnTTSPauseRequested(turn_id=1))
            b.bus.publish(TurnTTSPauseRequested(turn_id=1))
            await asyncio.sleep(0.2)
            b.bus.publish(TurnTTSResumeRequested(turn_id=1))
            await asyncio.sleep(0.3)
            assert b.level_at(0.15) == pytest.approx(LEVEL * db_to_gain(output_db), abs=2)
            assert b.level_at(0.38) == pytest.approx(wanted, abs=2)
            assert b.level_at(0.58) == pytest.approx(wanted * db_to_gain(duck_db), abs=2)
            assert b.level_at(0.85) == pytest.approx(wanted, abs=2)
            assert len(b.log.all_of(TTSPaused)) == 2
            assert len(b.log.all_of(TTSResumed)) == 1

    run_virtual(scene())


@pytest.mark.parametrize("ending", ["cut", "finished", "replaced"])
def test_a_lowered_reply_leaves_full_volume_behind(ending):
    async def scene():
        async with bench() as b:
            b.say(1, ("one", 0.5 if ending == "finished" else 2.0))
            await asyncio.sleep(0.2)
            b.bus.publish(TurnTTSPauseRequested(turn_id=1))
            await asyncio.sleep(0.2)
            if ending != "finished":
                b.playback.stop(1, "test")
            if ending == "cut":
                await asyncio.sleep(0.2)
            b.say(2, ("two", 2.0))
            await asyncio.sleep(0.8)
            assert b.level_at(0.35) < LEVEL / 4
            assert b.level_at(1.1) == LEVEL

    run_virtual(scene())


def test_a_reply_lowered_before_it_began_begins_lowered():
    async def scene():
        async with bench() as b:
            b.bus.publish(TurnTTSPauseRequested(turn_id=1))
            await asyncio.sleep(0.1)
            b.say(1, ("one", 1.0))
            await asyncio.sleep(0.5)
            assert 0 < b.level_at(0.4) < LEVEL / 4

    run_virtual(scene())


@pytest.mark.slow
def test_a_held_reply_waits_and_goes_on():
    async def scene():
        async with bench() as b:
            b.say(1, ("one", 1.0))
            await asyncio.sleep(0.3)
            b.bus.publish(TurnTTSHoldRequested(turn_id=1))
            await asyncio.sleep(2)
            assert b.level_at(2.0) == 0
            assert b.log.all_of(TTSPlaybackFinished) == []
            b.bus.publish(TurnTTSResumeRequested(turn_id=1))
            await asyncio.sleep(2)
            assert b.level_at(2.6) == LEVEL
            assert [event.text for event in b.log.all_of(TTSPlaybackFinished)] == ["one"]

    run_virtual(scene())


def test_a_hold_that_comes_too_late_holds_nothing():
    async def scene():
        async with bench() as b:
            b.say(1, ("one", 0.2))
            await asyncio.sleep(1)
            b.bus.publish(TurnTTSHoldRequested(turn_id=1))
            await asyncio.sleep(0.1)
            assert b.log.all_of(TTSHeld) == []
            b.say(2, ("two", 0.5))
            await asyncio.sleep(1)
            assert b.level_at(1.4) == LEVEL

    run_virtual(scene())


@pytest.mark.parametrize("cut", [True, False])
def test_a_reply_held_to_its_end_leaves_the_next_one_loud(cut: bool):
    async def scene():
        async with bench() as b:
            b.say(1, ("one", 0.2))
            # The last of it is in the card's hands already, or all of it waits.
            await asyncio.sleep(0.1 if cut else 0.215)
            b.bus.publish(TurnTTSHoldRequested(turn_id=1))
            await asyncio.sleep(0.5)
            if cut:
                b.playback.stop(1, "interrupted")
                await asyncio.sleep(0.2)
            b.say(2, ("two", 0.5))
            await asyncio.sleep(1)
            assert b.level_at(1.1) == LEVEL

    run_virtual(scene())


def test_a_reply_held_before_it_began_waits_until_it_may():
    async def scene():
        async with bench() as b:
            b.bus.publish(TurnTTSHoldRequested(turn_id=1))
            await asyncio.sleep(0.1)
            b.say(1, ("one", 0.5))
            await asyncio.sleep(1)
            assert b.log.all_of(TTSPlaybackStarted) == []
            b.bus.publish(TurnTTSResumeRequested(turn_id=1))
            await asyncio.sleep(1)
            assert [event.text for event in b.log.all_of(TTSPlaybackFinished)] == ["one"]
            b.bus.publish(TurnTTSHoldRequested(turn_id=2))
            await asyncio.sleep(0.1)
            b.playback.stop(2, "button")
            b.say(3, ("three", 0.5))
            await asyncio.sleep(1)
            assert len(b.log.all_of(TTSPlaybackFinished)) == 2

    run_virtual(scene())
