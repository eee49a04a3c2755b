"""Conversations in a room, in real time, with xAI's realtime model on loopback."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from tests.e2e.room_conversation import conversation, settings
from tests.fake_xai import key_file, running
from tests.fake_xai_realtime import Answer, conversing
from xtalk_edge.config.xai import XAIRealtimeConfig
from xtalk_edge.events import ASRResultFinal, ErrorOccurred, TTSPlaybackFinished, UplinkSideChosen


@pytest.mark.parametrize("texts", [["what time is it"], []], ids=["both hear", "only xAI hears"])
def test_a_whole_turn(tmp_path: Path, texts: list[str]) -> None:
    with running() as server:
        conversing(server, Answer("It is nine."))
        xai = XAIRealtimeConfig(url=server.url("realtime"), key=f"file:{key_file(tmp_path)}")
        config = settings(
            texts=texts,
            replies=["I say this."],
            tts={"type": "tests.scripted:SteadyTTS"},
            uplink={"kind": "xai", "full": "prefer", "notice": "", "xai": xai},
        )

        async def scene() -> None:
            async with conversation(config) as talk:
                assert server.seen == []
                await talk.ask(after_s=0.2)
                assert (await talk.until(TTSPlaybackFinished)).text == "It is nine."
                heard = [each.text for each in talk.all_of(ASRResultFinal)]
                assert heard == (texts or ["what was said"])
                [chosen] = talk.all_of(UplinkSideChosen)
                assert (chosen.ability, chosen.side) == ("full", "server")
                history = [each["content"] for each in talk.appliance.agent.history()]
                assert history == ["what was said", "It is nine."]
                assert talk.all_of(ErrorOccurred) == []

        asyncio.run(scene())
