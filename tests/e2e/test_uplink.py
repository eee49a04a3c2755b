"""Conversations in a room beside a server that answers, stalls, or dies, on the virtual clock."""

from __future__ import annotations

from typing import Any

import pytest

from tests.clocks import on_virtual_clock
from tests.e2e.room_conversation import Conversation, conversation, settings
from tests.scripted_cloud import Die, Refuse, ScriptedCloud, Stall, Step, Wait
from xtalk_edge.config.schema import Config
from xtalk_edge.events import (
    ErrorOccurred,
    ToolResultOccurred,
    TTSPlaybackFinished,
    UplinkSideChosen,
    UplinkStateChanged,
)

CLOUD = "The cloud knows it all. It says two things."
DEVICE = "I say this myself."
LOST_REST = "I lost the connection, so that's all I have."
NOTICE = "I'm on my own for a moment."


def hybrid(texts: int = 3, **uplink: Any) -> Config:
    return settings(
        texts=["tell me something"] * texts,
        replies=[DEVICE] * texts,
        tts={"type": "tests.scripted:SteadyTTS"},
        uplink={"url": "wss://cloud.example/ws", **uplink},
    )


async def answered(talk: Conversation) -> str:
    """Return what is heard in answer to a question."""
    talk_turns = len(talk.all_of(TTSPlaybackFinished))
    await talk.ask(after_s=0.5)
    finished = await talk.until(TTSPlaybackFinished)
    assert len(talk.all_of(TTSPlaybackFinished)) == talk_turns + 1
    return finished.text


@on_virtual_clock
async def test_the_server_answers_and_the_device_speaks() -> None:
    cloud = ScriptedCloud([["The cloud knows ", "it all. It says", " two things."]])
    async with conversation(hybrid(agent="prefer"), server=cloud) as talk:
        await talk.until(UplinkStateChanged, abilities=("agent", "tts"), trouble="")
        assert await answered(talk) == CLOUD
        assert cloud.asked == ["tell me something"]
        [chosen] = talk.all_of(UplinkSideChosen)
        assert (chosen.ability, chosen.side, chosen.why) == ("agent", "server", "first")
        assert chosen.turn_id == talk.all_of(TTSPlaybackFinished)[0].turn_id
        assert talk.appliance.agent.history()[-1]["content"] == CLOUD
        assert await answered(talk) == CLOUD
        assert talk.all_of(UplinkSideChosen)[-1].usual_ms is not None
    assert cloud.abilities == frozenset()


@on_virtual_clock
async def test_a_switch_over_is_told_once() -> None:
    cloud = ScriptedCloud([[CLOUD]])
    async with conversation(hybrid(texts=5, agent="prefer"), server=cloud) as talk:
        assert await answered(talk) == CLOUD
        cloud.go()
        await talk.until(UplinkStateChanged, abilities=(), trouble="the server is gone")
        # Nothing is said into an empty room: the notice follows the first answer without it.
        assert await answered(talk) == DEVICE
        assert (await talk.until(TTSPlaybackFinished)).text == NOTICE
        assert await answered(talk) == DEVICE
        cloud.come_back()
        assert await answered(talk) == CLOUD
        cloud.go()
        assert await answered(talk) == DEVICE
        said = [each.text for each in talk.all_of(TTSPlaybackFinished)]
        assert said == [CLOUD, DEVICE, NOTICE, DEVICE, CLOUD, DEVICE]


@pytest.mark.parametrize("end", [Die(), Refuse(), Stall()])
def test_a_reply_that_breaks_off_ends_honestly_and_the_next_one_is_quick(end: Step) -> None:
    @on_virtual_clock
    async def scene() -> None:
        script: list[Step] = ["The cloud knows it all. It ", Wait(0.5), end]
        cloud = ScriptedCloud([script, [CLOUD]])
        async with conversation(hybrid(agent="prefer", notice=""), server=cloud) as talk:
            assert await answered(talk) == f"The cloud knows it all. {LOST_REST}"
            assert await answered(talk) in (DEVICE, CLOUD)
            assert talk.all_of(ErrorOccurred) == []

    scene()


@on_virtual_clock
async def test_the_server_speaks_at_its_own_rate() -> None:
    cloud = ScriptedCloud(spoken=[["one", "two", "three"]])
    async with conversation(hybrid(tts="prefer"), server=cloud) as talk:
        assert await answered(talk) == DEVICE
        assert cloud.told_to_speak == [DEVICE]
        assert [each.ability for each in talk.all_of(UplinkSideChosen)] == ["tts"]


@on_virtual_clock
async def test_a_clause_lost_in_the_middle_is_said_again_by_the_device() -> None:
    cloud = ScriptedCloud(spoken=[["one", Die()]])
    async with conversation(hybrid(tts="prefer", notice=""), server=cloud) as talk:
        heard = await answered(talk)
        assert heard.endswith(f"I lost my voice for a moment. {DEVICE}")
        assert await answered(talk) == DEVICE


@pytest.mark.parametrize("script", [[Stall()], [Refuse()], [Die()], []])
def test_a_clause_the_server_does_not_begin_is_the_devices(script: list[Step]) -> None:
    @on_virtual_clock
    async def scene() -> None:
        cloud = ScriptedCloud(spoken=[script])
        async with conversation(hybrid(tts="prefer", notice=""), server=cloud) as talk:
            assert await answered(talk) == DEVICE
            assert talk.all_of(ErrorOccurred) == []

    scene()


@on_virtual_clock
async def test_the_server_speaks_for_a_voice_that_fails() -> None:
    cloud = ScriptedCloud(spoken=[["one"]])
    config = settings(
        texts=["tell me something"],
        replies=["Say !this"],
        tts={"type": "tests.scripted:SteadyTTS"},
        uplink={"url": "wss://cloud.example/ws", "tts": "fallback"},
    )
    async with conversation(config, server=cloud) as talk:
        assert await answered(talk) == "Say !this"


@pytest.mark.parametrize("mode", ["prefer", "race", "fallback"])
def test_a_timer_is_set_once_whatever_the_server_does(mode: str) -> None:
    @on_virtual_clock
    async def scene() -> None:
        cloud = ScriptedCloud([["I have ", "set no ", "timer."]])
        config = settings(
            texts=["set a timer for ten minutes"],
            agent={"type": "llama"},
            uplink={"url": "wss://cloud.example/ws", "agent": mode},
        )
        async with conversation(config, server=cloud) as talk:
            assert "ten minutes" in await answered(talk)
            assert [each.name for each in talk.all_of(ToolResultOccurred)] == ["set_timer"]
            assert cloud.asked == []

    scene()


@on_virtual_clock
async def test_what_the_built_in_model_cannot_answer_the_server_does() -> None:
    cloud = ScriptedCloud([["A composer."]])
    config = settings(
        texts=["who was johann sebastian bach", "what time is it"],
        agent={"type": "llama"},
        uplink={"url": "wss://cloud.example/ws", "agent": "fallback"},
    )
    async with conversation(config, server=cloud) as talk:
        assert await answered(talk) == "A composer."
        assert (await answered(talk)).startswith("It's")
        assert cloud.asked == ["who was johann sebastian bach"]
