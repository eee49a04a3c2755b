"""Conversations in a room, in real time, with a server on loopback that hears and speaks."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from tests.e2e.room_conversation import Conversation, conversation, noise, settings
from tests.fake_xtalk import FakeXTalk, Fault, Kill, Point, Stall, reply
from xtalk_edge.config.schema import Config
from xtalk_edge.events import (
    ASRResultFinal,
    ErrorOccurred,
    TTSPlaybackFinished,
    TTSPlaybackStarted,
    TTSResumed,
    TTSStopped,
    UplinkStateChanged,
)

CLOUD = ("It is ten past four.", "The sun is out.", "Anything else?")
LONG = reply(*CLOUD, audio_ms=1_000)
DEVICE = "I say this."
LOST_REST = "I lost the connection, so that's all I have."
HEARD = "what time is it"


def hybrid(server: FakeXTalk, texts: list[str], **uplink: Any) -> Config:
    return settings(
        texts=texts,
        replies=[DEVICE] * 3,
        tts={"type": "tests.scripted:SteadyTTS"},
        uplink={"url": server.url, "full": "prefer", "notice": "", **uplink},
    )


def beside(
    server: FakeXTalk, texts: list[str], scene: Callable[[Conversation], Awaitable[None]]
) -> None:
    async def run() -> None:
        async with server, conversation(hybrid(server, texts)) as talk:
            await talk.until(UplinkStateChanged, abilities=("full",))
            await scene(talk)
            assert talk.all_of(ErrorOccurred) == []

    asyncio.run(run())


@pytest.mark.parametrize("generation", ["G1", "G3"])
@pytest.mark.parametrize("texts", [[HEARD], []], ids=["both understand", "the server understands"])
def test_a_whole_turn(generation: str, texts: list[str]) -> None:
    server = FakeXTalk(generation, replies=reply(*CLOUD))  # type: ignore[arg-type]

    async def scene(talk: Conversation) -> None:
        await talk.ask(after_s=0.1)
        assert (await talk.until(TTSPlaybackFinished)).text == " ".join(CLOUD)
        assert [each.text for each in talk.all_of(ASRResultFinal)] == [HEARD]
        history = [each["content"] for each in talk.appliance.agent.history()]
        assert history == [HEARD, " ".join(CLOUD)]
        await server.received.wait("tts_playback_finished")
        assert server.received.actions().count("vad_speech_start") == 1
        assert "tts_playback_stopped" not in server.received.actions()[-3:] or generation == "G1"

    beside(server, texts, scene)


@pytest.mark.parametrize("generation", ["G1", "G3"])
def test_an_interruption(generation: str) -> None:
    replies = [LONG, reply("Monday.")]
    server = FakeXTalk(generation, replies=replies, hears=[HEARD, "no the date"])  # type: ignore[arg-type]

    async def scene(talk: Conversation) -> None:
        await talk.ask()
        await talk.until(TTSPlaybackStarted)
        await asyncio.sleep(1.0)
        talk.say("no I meant the date")
        stopped = await talk.until(TTSStopped, reason="interrupted")
        assert " ".join(CLOUD).startswith(stopped.text)
        await talk.until(TTSPlaybackFinished, text="Monday.")
        told = await server.received.wait("tts_playback_stopped", 1 if generation == "G3" else 2)
        assert 700 <= float(str(told.data["played_audio_ms"])) <= 2_500

    beside(server, [HEARD, "no the date"], scene)


@pytest.mark.parametrize("generation", ["G1", "G3"])
def test_a_cough_does_not_stop_it(generation: str) -> None:
    server = FakeXTalk(generation, replies=LONG)  # type: ignore[arg-type]

    async def scene(talk: Conversation) -> None:
        await talk.ask()
        await talk.until(TTSPlaybackStarted)
        await asyncio.sleep(0.5)
        talk.say(noise(0.15))
        await talk.until(TTSResumed)
        assert (await talk.until(TTSPlaybackFinished)).text == " ".join(CLOUD)
        assert server.received.actions().count("vad_speech_start") == 1

    beside(server, [HEARD], scene)


@pytest.mark.parametrize("generation", ["G1", "G3"])
def test_a_missed_deadline(generation: str) -> None:
    faults = [Fault(Point.FINISH_ASR, Stall())]
    server = FakeXTalk(generation, replies=LONG, faults=faults)  # type: ignore[arg-type]

    async def scene(talk: Conversation) -> None:
        await talk.ask()
        assert (await talk.until(TTSPlaybackFinished)).text == DEVICE
        server.faults.clear()
        server.release()
        await asyncio.sleep(0.5)
        assert [each.text for each in talk.all_of(TTSPlaybackFinished)] == [DEVICE]

    beside(server, [HEARD], scene)


@pytest.mark.parametrize("generation", ["G1", "G3"])
def test_a_server_that_is_killed_in_mid_reply(generation: str) -> None:
    server = FakeXTalk(generation, replies=LONG)  # type: ignore[arg-type]

    async def scene(talk: Conversation) -> None:
        await talk.ask()
        assert (await talk.until(TTSPlaybackFinished)).text == " ".join(CLOUD)
        server.faults.append(Fault(Point.MID_AUDIO, Kill()))
        await talk.ask()
        text = (await talk.until(TTSPlaybackFinished)).text
        if generation == "G1":
            # It tells all words before their sound, and its pace is known: the device says them.
            assert text == " ".join(CLOUD)
        else:
            said = text.removesuffix(LOST_REST).strip()
            assert said and said != text and " ".join(CLOUD).startswith(said)

    beside(server, [HEARD] * 2, scene)


def test_wav_files_in_place_of_samples() -> None:
    server = FakeXTalk("G1", replies=reply(*CLOUD, audio_ms=400), sound="wav")

    async def scene(talk: Conversation) -> None:
        await talk.ask()
        assert (await talk.until(TTSPlaybackFinished)).text == " ".join(CLOUD)
        started = talk.all_of(TTSPlaybackStarted)[-1].at_s
        assert 1.1 < talk.all_of(TTSPlaybackFinished)[-1].at_s - started < 3.0

    beside(server, [HEARD], scene)
