"""A microphone that gives nothing, or too much, is told to the owner once."""

from __future__ import annotations

import asyncio
from typing import Any

import numpy as np
import pytest

from tests.clocks import on_virtual_clock
from tests.e2e.room_conversation import conversation, settings
from xtalk_edge.audio.format import RATE_HZ
from xtalk_edge.audio.room import RoomScene
from xtalk_edge.clock import VirtualTimeLoop
from xtalk_edge.events import (
    AudioGap,
    CardLost,
    CardOpened,
    MicrophoneClipped,
    MicrophoneDead,
    TTSPlaybackFinished,
)
from xtalk_edge.managers.microphone import SAYING

NOISY = RoomScene(noise_db=-66.0)
WATCHED: dict[str, Any] = {"audio": {"dead_after_s": 20.0}}


@on_virtual_clock
async def test_a_dead_microphone_is_told_once_and_again_when_it_dies_again() -> None:
    async with conversation(settings(**WATCHED), NOISY) as talk:
        await asyncio.sleep(5)
        talk.room.die(60)
        dead = await talk.until(MicrophoneDead)
        assert dead.seconds == pytest.approx(20, abs=0.5)
        assert dead.at_s == pytest.approx(25, abs=0.6)
        await talk.until(TTSPlaybackFinished, text=SAYING)
        await asyncio.sleep(60)
        assert len(talk.all_of(MicrophoneDead)) == 1
        talk.room.die(30)
        await asyncio.sleep(40)
        assert len(talk.all_of(MicrophoneDead)) == 2


@on_virtual_clock
async def test_a_quiet_room_is_no_dead_microphone() -> None:
    async with conversation(settings(**WATCHED), RoomScene(noise_db=-85.0)) as talk:
        await asyncio.sleep(60)
    assert not talk.all_of(MicrophoneDead)


@on_virtual_clock
async def test_a_machine_that_was_suspended_has_no_dead_microphone() -> None:
    async with conversation(settings(**WATCHED), NOISY) as talk:
        await asyncio.sleep(5)
        loop = asyncio.get_running_loop()
        assert isinstance(loop, VirtualTimeLoop)
        talk.room._blocks += 10_000
        loop.jump(100.0)
        await asyncio.sleep(5)
        assert sum(gap.samples for gap in talk.all_of(AudioGap)) == 100 * RATE_HZ
        assert talk.appliance.capture.head == pytest.approx(110 * RATE_HZ, abs=1_000)
        assert not talk.all_of(MicrophoneDead)


@on_virtual_clock
async def test_a_device_that_was_away_is_no_dead_microphone() -> None:
    async with conversation(settings(**WATCHED), NOISY) as talk:
        talk.room.unplug()
        await talk.until(CardLost)
        await asyncio.sleep(25)
        talk.room.replug()
        await talk.until(CardOpened)
        await asyncio.sleep(5)
    assert not talk.all_of(MicrophoneDead)


@on_virtual_clock
async def test_a_microphone_that_clips_is_told_once() -> None:
    async with conversation(settings(), NOISY) as talk:
        loud = np.resize(np.array([32_767, 32_767, -32_768, -32_768], np.int16), 8_000)
        for _ in range(3):
            talk.room.say(loud, 16_000)
            await asyncio.sleep(12)
        talk.say("what time is it")
    assert len(talk.all_of(MicrophoneClipped)) == 1
