from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator

import numpy as np
import pytest

from tests.unit.manager_parts import Log, plain_capture
from xtalk_edge.audio.format import RATE_HZ, Samples
from xtalk_edge.audio.room import RoomCard, RoomScene
from xtalk_edge.bus import EventBus
from xtalk_edge.clock import now_s, run_virtual
from xtalk_edge.events import (
    AudioGap,
    CardEnded,
    CardOpened,
    LoopLagged,
    TurnStateChanged,
    VADSpeechStart,
)
from xtalk_edge.managers.capture import (
    ASLEEP_STEP_S,
    LOOP_LAG_LIMIT_S,
    STEP_S,
    CaptureManager,
)
from xtalk_edge.turn.actions import State


class Failing:
    """A listener that fails when it hears something."""

    def hear(self, samples: Samples, at_sample: int) -> None:
        raise RuntimeError("the model broke")


class Posting:
    """A listener that publishes a fact for every piece it hears."""

    def __init__(self, capture: CaptureManager) -> None:
        self._capture = capture

    def hear(self, samples: Samples, at_sample: int) -> None:
        self._capture.post(VADSpeechStart(at_sample=at_sample, at_s=0.0))


def in_both_times(test):
    """Run a coroutine function on the virtual clock and in real time."""

    @pytest.mark.parametrize("run", [run_virtual, asyncio.run], ids=["virtual", "real"])
    def wrapped(run):
        run(test())

    return wrapped


@contextlib.asynccontextmanager
async def running(capture: CaptureManager) -> AsyncIterator[CaptureManager]:
    await capture.start()
    try:
        yield capture
    finally:
        await capture.shutdown()
        await capture.bus.aclose()


@in_both_times
@pytest.mark.slow
async def test_it_hears_and_tells_how_far_it_got():
    bus = EventBus()
    log = Log(bus)
    room = RoomCard(RoomScene())
    room.say(np.full(160, 1000, np.int16), RATE_HZ, at_s=0.05)
    async with running(plain_capture(bus, room)) as capture:
        while capture.head_s < 0.2:
            await capture.advance()
        samples, _ = capture.rings.clean.slice(0, capture.head)
        assert np.array_equal(np.flatnonzero(samples), np.arange(800, 960))
        assert capture.time_of(1600) == pytest.approx((room.started_at_s or 0.0) + 0.1, abs=0.03)
        (opened,) = log.all_of(CardOpened)
        assert (opened.name, opened.rate_hz, opened.block_ms) == ("room", 16000, 10.0)
        assert opened.latency_ms == pytest.approx(30.0)
    assert not log.all_of(CardEnded)


@in_both_times
@pytest.mark.slow
async def test_listeners_publish_from_where_they_run():
    bus = EventBus()
    log = Log(bus)
    capture = plain_capture(bus)
    capture.add_listener(Posting(capture))
    async with running(capture):
        while len(log.all_of(VADSpeechStart)) < 10:
            await capture.advance()
        places = [event.at_sample for event in log.all_of(VADSpeechStart)]
        assert places[:10] == list(range(0, 1600, 160))


@in_both_times
async def test_an_ear_that_fails_tells_everybody_who_waits():
    bus = EventBus()
    log = Log(bus)
    capture = plain_capture(bus)
    capture.add_listener(Failing())
    async with running(capture):
        with pytest.raises(RuntimeError, match="the model broke"):
            while True:
                await capture.advance()
        with pytest.raises(RuntimeError, match="the model broke"):
            await capture.advance()
        await bus.drained()
        (ended,) = log.all_of(CardEnded)
        assert ended.reason == "the ear failed: the model broke"


@in_both_times
@pytest.mark.slow
async def test_the_end_of_a_card_is_told_once():
    bus = EventBus()
    log = Log(bus)
    async with running(plain_capture(bus, RoomCard(RoomScene(lasts_s=0.05)))) as capture:
        while not log.all_of(CardEnded):
            await capture.advance()
        for _ in range(5):
            await capture.advance()
        assert [end.reason for end in log.all_of(CardEnded)] == ["the script is over"]


@in_both_times
async def test_whoever_waits_at_the_end_is_let_go():
    capture = plain_capture(EventBus())
    async with running(capture):
        waiting = asyncio.ensure_future(capture.advance())
        cancelled = asyncio.ensure_future(capture.advance())
        await asyncio.sleep(0)
        cancelled.cancel()
        await waiting
        left = asyncio.ensure_future(capture.advance())
        await asyncio.sleep(0)
    await asyncio.wait([left])
    assert left.cancelled()


def test_a_moment_has_a_sample():
    async def scene():
        capture = plain_capture(EventBus())
        assert capture.sample_at(now_s()) == 0
        async with running(capture):
            await asyncio.sleep(1.0)
            began_s = now_s() - capture.head_s
            assert capture.sample_at(began_s + 0.5) == pytest.approx(8_000, abs=160)
            assert capture.sample_at(began_s - 5.0) == 0

    run_virtual(scene())


def test_whoever_left_before_the_ear_failed_is_not_told():
    async def scene():
        capture = plain_capture(EventBus())
        capture.add_listener(Failing())
        async with running(capture):
            gone = asyncio.ensure_future(capture.advance())
            await asyncio.sleep(0)
            gone.cancel()
            with pytest.raises(RuntimeError):
                while True:
                    await capture.advance()

    run_virtual(scene())


def test_lost_sound_is_published():
    async def scene():
        bus = EventBus()
        log = Log(bus)
        room = RoomCard(RoomScene())
        async with running(plain_capture(bus, room)) as capture:
            await asyncio.sleep(0.1)
            room.drop(0.05)
            await asyncio.sleep(0.1)
            assert capture.head_s == pytest.approx(now_s(), abs=0.02)
        (gap,) = log.all_of(AudioGap)
        assert gap.samples == 800

    run_virtual(scene())


def hold_the_loop_up():
    time.sleep(4 * LOOP_LAG_LIMIT_S)


@pytest.mark.slow
def test_a_late_loop_is_an_event_and_the_ear_does_not_care():
    async def scene():
        bus = EventBus()
        log = Log(bus)
        async with running(plain_capture(bus)) as capture:
            await capture.advance()
            hold_the_loop_up()
            assert capture.head_s >= 2 * LOOP_LAG_LIMIT_S
            while not log.all_of(LoopLagged):
                await capture.advance()
            assert log.all_of(LoopLagged)[0].lag_s > LOOP_LAG_LIMIT_S

    asyncio.run(scene())


def test_it_looks_less_often_while_the_device_sleeps():
    async def scene():
        capture = plain_capture(EventBus())
        async with running(capture):

            async def steps_in_a_second() -> int:
                steps, until_s = 0, now_s() + 1.0
                while now_s() < until_s:
                    await capture.advance()
                    steps += 1
                return steps

            awake = await steps_in_a_second()
            capture.on_state(TurnStateChanged(state=State.ASLEEP))
            asleep = await steps_in_a_second()
            capture.on_state(TurnStateChanged(state=State.ATTENDING))
            again = await steps_in_a_second()
            assert awake == pytest.approx(1 / STEP_S, abs=2)
            assert asleep == pytest.approx(1 / ASLEEP_STEP_S, abs=2)
            # The longer step under way is finished first.
            assert again == pytest.approx(awake, abs=ASLEEP_STEP_S / STEP_S + 2)

    run_virtual(scene())
