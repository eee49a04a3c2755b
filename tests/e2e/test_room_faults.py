"""What goes wrong with sound cards and rooms, and that the device comes through it."""

from __future__ import annotations

import asyncio

import numpy as np
import pytest

from tests.clocks import on_virtual_clock
from tests.e2e.room_conversation import (
    REAL_EARS,
    Conversation,
    conversation,
    noise,
    settings,
)
from xtalk_edge.audio.format import RATE_HZ
from xtalk_edge.audio.room import RoomScene
from xtalk_edge.clock import now_s
from xtalk_edge.events import (
    AudioGap,
    ButtonPressed,
    CardEnded,
    CardLost,
    CardOpened,
    ErrorOccurred,
    TTSPaused,
    TTSPlaybackFinished,
    TTSPlaybackStarted,
    TTSStopped,
    TurnLLMAgentStartRequested,
    VADSpeechStart,
)

LONG_REPLY = (
    "The river comes down from the mountains, where nobody lives. Every evening seven old men sit "
    "beside it, and they talk about the weather. Later on they go home, and eat their bread."
)


def index_is_on_time(talk: Conversation) -> bool:
    """Tell whether the newest clean sample is as old as the ear's step and frames explain."""
    return -0.001 < talk.clock_s - talk.appliance.capture.head_s < 0.04


@on_virtual_clock
async def test_lost_sound_is_announced_and_the_index_stays_on_time() -> None:
    async with conversation(settings(texts=["the time"])) as talk:
        await asyncio.sleep(1)
        talk.room.drop(0.5)
        gap = await talk.until(AudioGap)
        assert gap.at_sample == pytest.approx(RATE_HZ, abs=200)
        assert gap.samples == RATE_HZ // 2
        assert gap.reason == "input overflow"
        assert index_is_on_time(talk)
        rings = talk.appliance.capture.rings
        assert rings.raw.head == rings.far.head
        said = talk.say("what time is it", after_s=0.5)
        start = await talk.until(VADSpeechStart)
        assert start.at_sample / RATE_HZ == pytest.approx(said.start_s, abs=0.1)
        await talk.until(TTSPlaybackFinished, text="Okay.")


@on_virtual_clock
async def test_sound_lost_in_mid_reply_is_played_later_and_counted_as_heard_once() -> None:
    config = settings(
        texts=["go on"], replies=["abcdefghij " * 4], tts={"type": "tests.scripted:SteadyTTS"}
    )
    async with conversation(config) as talk:
        await talk.ask()
        await talk.until(TTSPlaybackStarted)
        await asyncio.sleep(0.5)
        talk.room.drop(0.2)
        await talk.until(AudioGap)
        finished = await talk.until(TTSPlaybackFinished)
        sounding = np.flatnonzero(talk.played())
        assert len(sounding) == 40 * 800
        assert sounding[-1] - sounding[0] + 1 == 40 * 800 + 0.2 * RATE_HZ
        assert finished.at_s == pytest.approx(sounding[-1] / RATE_HZ, abs=0.04)


@on_virtual_clock
async def test_late_blocks_delay_and_lose_nothing() -> None:
    async with conversation(settings(texts=["the time"])) as talk:
        await asyncio.sleep(1)
        said = talk.say("what time is it", after_s=0.1)
        talk.room.delay(0.5)
        start = await talk.until(VADSpeechStart)
        assert start.at_sample / RATE_HZ == pytest.approx(said.start_s, abs=0.1)
        await talk.until(TTSPlaybackFinished, text="Okay.")
        assert not talk.all_of(AudioGap)
        assert index_is_on_time(talk)


async def unplug_in_mid_reply(talk: Conversation) -> None:
    await talk.ask()
    await talk.until(TTSPlaybackStarted)
    await asyncio.sleep(1)
    talk.room.unplug()


@on_virtual_clock
async def test_unplugged_in_mid_reply_it_ends_cleanly() -> None:
    config = settings(texts=["go on"], replies=[LONG_REPLY], audio={"wait_s": 0.0})
    async with conversation(config) as talk:
        life = asyncio.ensure_future(talk.appliance.run())
        await unplug_in_mid_reply(talk)
        ended = await talk.until(CardEnded, within_s=0.1)
        assert ended.reason == "the device was unplugged"
        before_s = now_s()
        await asyncio.wait_for(life, 10)
        assert now_s() - before_s < 2
        assert not talk.all_of(TTSPlaybackFinished, ErrorOccurred)
        assert len(talk.all_of(CardEnded)) == 1


@on_virtual_clock
async def test_unplugged_in_mid_reply_and_put_back_it_listens_again() -> None:
    config = settings(texts=["go on", "the time"], replies=[LONG_REPLY, "Noon."])
    async with conversation(config) as talk:
        await unplug_in_mid_reply(talk)
        lost = await talk.until(CardLost, within_s=0.1)
        assert lost.reason == "the device was unplugged"
        await asyncio.sleep(5)
        talk.room.replug()
        await talk.until(CardOpened, within_s=1.1)
        stopped = await talk.until(TTSStopped)
        assert stopped.reason == "sound lost"
        assert LONG_REPLY.startswith(stopped.text)
        await asyncio.sleep(1)
        assert talk.appliance.turn.resting
        assert index_is_on_time(talk)
        await talk.ask("what time is it")
        await talk.until(TTSPlaybackFinished, text="Noon.")
    assert not talk.all_of(CardEnded)


@on_virtual_clock
async def test_a_device_that_does_not_come_back_ends_the_program() -> None:
    async with conversation(settings(audio={"wait_s": 10.0})) as talk:
        await asyncio.sleep(1)
        talk.room.unplug()
        await talk.until(CardLost)
        ended = await talk.until(CardEnded)
        assert 9 < ended.at_s - talk.all_of(CardLost)[0].at_s < 11


@on_virtual_clock
async def test_stopping_a_reply_on_a_dead_card_can_be_waited_for() -> None:
    config = settings(texts=["go on"], replies=[LONG_REPLY])
    async with conversation(config) as talk:
        await talk.ask()
        await talk.until(TTSPlaybackStarted)
        talk.room.unplug()
        talk.appliance.playback.stop(1, "test")
        await asyncio.sleep(1)
        assert not talk.all_of(TTSStopped)


async def reply_alone(scene: RoomScene, replies: int) -> Conversation:
    """Let the device speak several long replies in a room where nobody else does."""
    config = settings(
        texts=["go on"] * replies, replies=[LONG_REPLY] * replies, mode="button", **REAL_EARS
    )
    async with conversation(config, scene) as talk:
        for _ in range(replies):
            talk.appliance.bus.publish(ButtonPressed())
            await asyncio.sleep(0.3)
            await talk.ask("tell me about the river")
            await talk.until(TTSPlaybackFinished, text=LONG_REPLY)
            await asyncio.sleep(1)
        return talk


@pytest.mark.parametrize(
    "scene",
    [
        RoomScene(echo_db=-10.0),
        RoomScene(echo_db=-10.0, rt60_s=0.5, output_latency_s=0.06, seed=3),
        RoomScene(echo_db=-10.0, drift_ppm=100.0, noise_db=-60.0),
        RoomScene(echo_db=-10.0, rate_hz=48000),
    ],
    ids=["plain", "hall", "drift", "48 kHz"],
)
@on_virtual_clock
async def test_the_device_never_answers_its_own_voice(scene: RoomScene) -> None:
    talk = await reply_alone(scene, replies=2)
    assert len(talk.all_of(TTSPlaybackFinished)) == 2
    # It may lower its voice once, and must not take itself for somebody.
    assert len(talk.all_of(TTSPaused)) <= 1
    assert len(talk.all_of(TurnLLMAgentStartRequested)) == 2
    assert not talk.all_of(TTSStopped)


@on_virtual_clock
async def test_drift_between_the_clocks_leaves_barge_in_as_it_is() -> None:
    config = settings(texts=["go on", "the time"], replies=[LONG_REPLY, "Noon."], **REAL_EARS)
    async with conversation(config, RoomScene(echo_db=-15.0, drift_ppm=200.0)) as talk:
        await talk.ask("tell me about the river")
        await talk.until(TTSPlaybackStarted)
        await asyncio.sleep(4)
        assert not talk.all_of(TTSPaused)
        said = talk.say("no, tell me what time it is now please")
        stopped = await talk.until(TTSStopped)
        assert stopped.at_s < said.start_s + 1.5
        assert LONG_REPLY.startswith(stopped.text)
        await talk.until(TTSPlaybackFinished, text="Noon.")


@on_virtual_clock
async def test_a_reply_drowned_in_noise_is_still_played() -> None:
    config = settings(texts=["go on"], replies=["It is noon."], turn={"barge_in": "off"})
    async with conversation(config) as talk:
        await talk.ask()
        await talk.until(TTSPlaybackStarted)
        talk.say(noise(5.0))
        await talk.until(TTSPlaybackFinished, text="It is noon.")
