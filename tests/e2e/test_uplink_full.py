"""Conversations in a room with a server that hears, thinks and speaks, on the virtual clock."""

from __future__ import annotations

from typing import Any

from tests.e2e.room_conversation import Conversation, conversation, on_virtual_clock, settings
from tests.scripted_talk import ScriptedTalks, answer
from xtalk_edge.config.schema import Config
from xtalk_edge.events import (
    ASRResultFinal,
    ErrorOccurred,
    TTSPlaybackFinished,
    UplinkSideChosen,
    UplinkStateChanged,
)

CLOUD = "The cloud knows it all. It says two things."
DEVICE = "I say this myself."
LOST_REST = "I lost the connection, so that's all I have."
HEARD = "tell me something"


def hybrid(texts: list[str] | None = None, **uplink: Any) -> Config:
    return settings(
        texts=[HEARD] * 3 if texts is None else texts,
        replies=[DEVICE] * 3,
        tts={"type": "tests.scripted:SteadyTTS"},
        uplink={"url": "wss://cloud.example/ws", "full": "prefer", "notice": "", **uplink},
    )


async def ready(talk: Conversation) -> None:
    await talk.until(UplinkStateChanged, abilities=("full",), trouble="")


async def answered(talk: Conversation) -> str:
    await talk.ask(after_s=0.5)
    return (await talk.until(TTSPlaybackFinished)).text


@on_virtual_clock
async def test_the_server_hears_and_answers_aloud() -> None:
    cloud = ScriptedTalks(answer("The cloud knows it all.", "It says two things."))
    async with conversation(hybrid(), server=cloud) as talk:
        await ready(talk)
        assert await answered(talk) == CLOUD
        [chosen] = talk.all_of(UplinkSideChosen)
        assert (chosen.ability, chosen.side, chosen.why) == ("full", "server", "first")
        assert cloud.log == ["begin", "end", "finished"]
        assert talk.appliance.agent.history()[-1]["content"] == CLOUD
        assert talk.all_of(ErrorOccurred) == []


@on_virtual_clock
async def test_what_only_the_server_understood_is_answered() -> None:
    cloud = ScriptedTalks(answer("A composer.", heard_as="who was bach"))
    async with conversation(hybrid([]), server=cloud) as talk:
        await ready(talk)
        assert await answered(talk) == "A composer."
        assert [each.text for each in talk.all_of(ASRResultFinal)] == ["who was bach"]
        assert talk.appliance.agent.history()[-2]["content"] == "who was bach"
