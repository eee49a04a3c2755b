"""Sounds in the room, and the conversation so far, reach the agent's context."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.clocks import on_virtual_clock
from tests.contract import models
from tests.contract.sound import noise
from tests.e2e.room_conversation import Conversation, conversation, settings
from tests.tiny_gguf import read_by
from xtalk_edge.engines.agent.llama import LlamaAgent
from xtalk_edge.engines.agent.llama_model import LlamaModel
from xtalk_edge.errors import ConfigError
from xtalk_edge.events import (
    ButtonPressed,
    CaptionUpdated,
    ErrorOccurred,
    ThoughtUpdated,
    TTSPlaybackFinished,
)
from xtalk_edge.tools.builtin import BUILTIN_TOOLS

CAPTION = "A dog barking can be heard."
NO_TOOLS = {"disabled": tuple(tool.name for tool in BUILTIN_TOOLS)}
"""A token of the agent's model is a byte: there is no room for them."""


def llama(slot: str, folder: Path, **more: Any) -> dict[str, Any]:
    return {"type": "llama", **models.NEEDS[slot, "llama"](folder), **more}


def known_to(talk: Conversation) -> LlamaModel:
    agent = talk.appliance.agent.engine
    assert isinstance(agent, LlamaAgent)
    return agent._model


@on_virtual_clock
async def test_a_sound_in_the_room_is_known_when_the_owner_asks(tmp_path: Path) -> None:
    config = settings(
        mode="button",
        texts=["what is that noise"],
        agent=llama("agent", tmp_path, persona="Be brief."),
        tools=NO_TOOLS,
        captioner={"type": "sherpa", **models.NEEDS["captioner", "sherpa"](tmp_path)},
    )
    async with conversation(config) as talk:
        talk.say(noise(4.0), after_s=1.0)
        await talk.until(CaptionUpdated, text=CAPTION)
        talk.appliance.bus.publish(ButtonPressed())
        await talk.ask(after_s=0.5)
        await talk.until(TTSPlaybackFinished, text="Sound")
        assert f"[{CAPTION}] what is that noise" in read_by(known_to(talk))
        await talk.until(CaptionUpdated, text="", reason="quiet")
        assert not talk.all_of(ErrorOccurred)


@on_virtual_clock
async def test_a_note_on_the_conversation_is_known_in_the_next_turn(tmp_path: Path) -> None:
    config = settings(
        texts=["set a timer", "how long is it"],
        agent=llama("agent", tmp_path, persona="Be brief."),
        tools=NO_TOOLS,
        thought_rewriter=llama("thought_rewriter", tmp_path),
    )
    async with conversation(config) as talk:
        await talk.ask()
        await talk.until(TTSPlaybackFinished)
        assert (await talk.until(ThoughtUpdated)).text == "Sound"
        await talk.ask()
        await talk.until(TTSPlaybackFinished)
        assert "[Note: Sound] how long is it" in read_by(known_to(talk))
        assert not talk.all_of(ErrorOccurred)


@on_virtual_clock
async def test_nothing_to_rewrite_is_said_at_the_start(tmp_path: Path) -> None:
    config = settings(caption_rewriter={"type": "tests.scripted:ScriptedRewriter"})
    with pytest.raises(ConfigError, match=r"caption_rewriter\.type: nothing is described"):
        async with conversation(config):
            pass
