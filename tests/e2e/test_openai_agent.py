"""Conversations whose agent is a model behind a server, in the simulated room.

Virtual time stands still while the server is waited for, so these are as repeatable as any.
"""

from __future__ import annotations

from tests.clocks import on_virtual_clock
from tests.e2e.room_conversation import conversation, settings
from tests.fake_openai import calls, fake_openai, refuses, says
from xtalk_edge.events import (
    ErrorOccurred,
    ToolCallOccurred,
    ToolResultOccurred,
    TTSPlaybackFinished,
    TTSPlaybackStarted,
    TTSStopped,
)
from xtalk_edge.managers.agent import APOLOGY

LONG = "This is a long answer that goes on and on, because it has so very much to tell. " * 4


@on_virtual_clock
async def test_a_conversation_with_a_tool_an_interruption_and_an_outage() -> None:
    with fake_openai() as server:
        server.answers = [
            says("Hello ", "to you."),
            calls(("set_timer", {"minutes": 10}), before="Gladly. "),
            says("It will ring in ten minutes."),
            says(*(f"{word} " for word in LONG.split())),
            refuses(500),
            refuses(500),
            says("Here I am again."),
        ]
        config = settings(
            texts=["hello", "set a timer", "tell me more", "and the weather", "and now"],
            turn={"think_ahead": False},
            agent={"type": "openai", **server.params},
        )
        async with conversation(config) as talk:
            await talk.ask("hello")
            await talk.until(TTSPlaybackFinished, text="Hello to you.")
            await talk.ask("set a timer")
            called = await talk.until(ToolCallOccurred)
            assert (called.name, called.args) == ("set_timer", {"minutes": 10})
            assert (await talk.until(ToolResultOccurred)).ok
            await talk.until(TTSPlaybackFinished, text="Gladly. It will ring in ten minutes.")

            await talk.ask("tell me more")
            await talk.until(TTSPlaybackStarted)
            await talk.ask("and the weather", after_s=4.0)
            heard = (await talk.until(TTSStopped)).text
            assert LONG.startswith(heard)
            assert 0 < len(heard) < len(LONG) / 2
            await talk.until(TTSPlaybackFinished, text=APOLOGY)
            assert "500" in talk.all_of(ErrorOccurred)[0].error_message

            await talk.ask("and now")
            await talk.until(TTSPlaybackFinished, text="Here I am again.")
        assert server.looked == 1
        # What the model is told of its long answer is what was heard of it.
        replies = [
            each["content"]
            for each in server.received[-1].body["messages"]
            if each["role"] == "assistant" and "tool_calls" not in each
        ]
        assert heard in replies
        timers = [each for each in server.received[-1].body["messages"] if "tool_calls" in each]
        assert len(timers) == 1
