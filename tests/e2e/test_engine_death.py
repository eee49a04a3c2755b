"""A conversation goes on when the process of an engine is killed in the middle of its work."""

from __future__ import annotations

import os
import signal

from tests.clocks import on_virtual_clock
from tests.e2e.room_conversation import (
    Conversation,
    conversation,
    settings,
)
from xtalk_edge.engines.child_process import ChildProcess
from xtalk_edge.events import (
    ASRResultFinal,
    ASRResultPartial,
    ErrorOccurred,
    LLMAgentResponseUpdate,
    ToolCallOccurred,
    ToolResultOccurred,
    TTSChunkGenerated,
    TTSPlaybackFinished,
)

REPLY = "One two three four five. Six seven eight nine ten."


def kill(slot: str) -> None:
    [engine] = [each for each in ChildProcess.running if each.slot == slot and each.is_alive]
    os.kill(engine.pid, signal.SIGKILL)


async def heard_of_a_voice_that_dies(talk: Conversation) -> str:
    await talk.ask()
    await talk.until(TTSChunkGenerated, chunk_index=5)
    kill("tts")
    return (await talk.until(TTSPlaybackFinished)).text


@on_virtual_clock
async def test_a_voice_that_dies_apologises_and_says_the_clause_again() -> None:
    config = settings(
        texts=["hello", "again"], replies=[REPLY, REPLY], tts={"isolation": "process"}
    )
    async with conversation(config) as talk:
        assert await heard_of_a_voice_that_dies(talk) == (
            "One two three four five. I lost my voice for a moment. One two three four five. "
            "Six seven eight nine ten."
        )
        [error] = talk.all_of(ErrorOccurred)
        assert "SIGKILL" in error.error_message
        # The next answer has nothing of it.
        await talk.ask(after_s=0.5)
        assert (await talk.until(TTSPlaybackFinished)).text == REPLY


@on_virtual_clock
async def test_a_voice_may_come_back_without_a_word() -> None:
    config = settings(
        texts=["hello"], replies=[REPLY], tts={"isolation": "process", "lost_voice": ""}
    )
    async with conversation(config) as talk:
        assert await heard_of_a_voice_that_dies(talk) == (
            "One two three four five. One two three four five. Six seven eight nine ten."
        )


@on_virtual_clock
async def test_a_recogniser_that_dies_hears_the_words_again() -> None:
    config = settings(
        replies=["fine"], asr={"type": "sherpa-streaming", "isolation": "process"},
        vad={"type": "silero"},
    )  # fmt: skip
    async with conversation(config) as talk:
        talk.say("what time is it", after_s=0.5)
        await talk.until(ASRResultPartial)
        kill("asr")
        assert (await talk.until(ASRResultFinal)).text == "what time is it"
        assert (await talk.until(TTSPlaybackFinished)).text == "fine"
        assert len(talk.all_of(ErrorOccurred)) == 1


@on_virtual_clock
async def test_an_agent_that_dies_in_mid_answer_says_so_and_begins_again() -> None:
    config = settings(
        texts=["hello", "again"],
        agent={"type": "scripted", "isolation": "process", "otherwise": REPLY, "word_s": 0.1},
    )
    async with conversation(config) as talk:
        await talk.ask()
        while "three" not in (await talk.until(LLMAgentResponseUpdate)).text:
            pass
        kill("agent")
        first, second = (await talk.until(TTSPlaybackFinished)).text.split(
            "I lost my thread for a moment."
        )
        assert REPLY.startswith(first.strip())
        assert second.strip() == REPLY
        [error] = talk.all_of(ErrorOccurred)
        assert "SIGKILL" in error.error_message
        await talk.ask(after_s=0.5)
        assert (await talk.until(TTSPlaybackFinished)).text == REPLY


@on_virtual_clock
async def test_what_a_tool_does_while_the_agent_dies_is_done_once() -> None:
    config = settings(
        texts=["set a timer for ten minutes"], agent={"type": "llama", "isolation": "process"}
    )
    async with conversation(config) as talk:
        await talk.ask()
        await talk.until(ToolCallOccurred)
        kill("agent")
        assert "ten minutes" in (await talk.until(TTSPlaybackFinished)).text
        assert len(talk.all_of(ToolResultOccurred)) == 1
