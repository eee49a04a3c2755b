from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator

import pytest

from tests.scripted import ScriptedAgent
from tests.unit.manager_parts import Log, turns_of_the_loop
from xtalk_edge.bus import EventBus
from xtalk_edge.clock import run_virtual
from xtalk_edge.config.schema import Config
from xtalk_edge.engines.interfaces import AgentContext
from xtalk_edge.events import (
    ErrorOccurred,
    LLMAgentResponseFinish,
    LLMAgentResponseUpdate,
    LLMFirstChunk,
    LLMFirstSentence,
    SpeechRequested,
    TTSPlaybackFinished,
    TTSStopped,
    TurnLLMAgentStartRequested,
    TurnLLMAgentStopRequested,
    TurnTTSFlushRequested,
    TurnTTSTextAppendRequested,
)
from xtalk_edge.managers.agent import APOLOGY, AgentManager


class Bench:
    def __init__(self, agent: ScriptedAgent) -> None:
        self.bus = EventBus()
        self.log = Log(self.bus)
        self.agent = agent
        self.manager = AgentManager(event_bus=self.bus, config=Config(), agent=agent)
        self.bus.register(self.manager)

    async def publish(self, *events) -> None:
        for event in events:
            self.bus.publish(event)
        await turns_of_the_loop(20)

    def said(self, turn_id: int) -> list[str]:
        clauses = self.log.all_of(TurnTTSTextAppendRequested)
        return [clause.text for clause in clauses if clause.turn_id == turn_id]


@contextlib.asynccontextmanager
async def bench(*replies: str, word_s: float = 0.0, agent=None) -> AsyncIterator[Bench]:
    made = Bench(agent or ScriptedAgent(replies, word_s))
    await made.manager.start()
    try:
        yield made
    finally:
        await made.manager.shutdown()
        await made.bus.aclose()


def test_a_reply_goes_out_clause_by_clause():
    async def scene():
        async with bench("It is noon, as far as I know. Ask again.") as b:
            await b.publish(TurnLLMAgentStartRequested(turn_id=1, text="the time"))
            assert b.said(1) == ["It is noon,", "as far as I know.", "Ask again."]
            whole = "It is noon, as far as I know. Ask again. "
            assert b.log.all_of(LLMAgentResponseUpdate)[-1].text == whole
            assert [finish.text for finish in b.log.all_of(LLMAgentResponseFinish)] == [whole]
            assert [first.text for first in b.log.all_of(LLMFirstSentence)] == ["It is noon,"]
            assert len(b.log.all_of(LLMFirstChunk)) == 1
            assert b.log.names()[-1] == "TurnTTSFlushRequested"

    run_virtual(scene())


def test_a_stopped_reply_says_nothing_more():
    async def scene():
        async with bench("One, two, three, four.", word_s=1.0) as b:
            await b.publish(TurnLLMAgentStopRequested(turn_id=0))
            await b.publish(TurnLLMAgentStartRequested(turn_id=1, text="count"))
            await asyncio.sleep(1.5)
            await b.publish(TurnLLMAgentStopRequested(turn_id=7))
            await asyncio.sleep(1.0)
            updates = len(b.log.all_of(LLMAgentResponseUpdate))
            assert updates == 2
            await b.publish(TurnLLMAgentStopRequested(turn_id=1))
            await asyncio.sleep(9)
            assert len(b.log.all_of(LLMAgentResponseUpdate)) == updates
            assert not b.log.all_of(LLMAgentResponseFinish, TurnTTSFlushRequested)
            await b.publish(TTSStopped(turn_id=1, text="One,"))
            assert b.agent.history()[-1] == {"role": "assistant", "content": "One,"}

    run_virtual(scene())


def test_a_new_question_stops_the_old_answer():
    async def scene():
        async with bench("Never said at all.", "Two.", word_s=1.0) as b:
            await b.publish(TurnLLMAgentStartRequested(turn_id=1, text="one"))
            await b.publish(TurnLLMAgentStartRequested(turn_id=2, text="two"))
            await asyncio.sleep(9)
            assert (b.said(1), b.said(2)) == ([], ["Two."])

    run_virtual(scene())


def test_what_was_heard_replaces_what_was_said():
    async def scene():
        async with bench("It is noon, I think.") as b:
            assert b.manager.last_heard == ""
            await b.publish(TurnLLMAgentStartRequested(turn_id=1, text="the time"))
            await b.publish(TTSPlaybackFinished(turn_id=1, text="It is noon, I think."))
            assert b.manager.last_heard == "It is noon, I think."
            await b.publish(TTSPlaybackFinished(turn_id=2, text="Your timer is over."))
            assert b.manager.last_heard == "Your timer is over."
            await b.publish(TTSStopped(turn_id=3, text=""))
            assert b.manager.last_heard == "Your timer is over."
            assert b.agent.history()[-1]["content"] == "It is noon, I think."

    run_virtual(scene())


def test_a_question_taken_back_at_once_leaves_the_history_alone():
    async def scene():
        async with bench("First.", "Second.") as b:
            await b.publish(TurnLLMAgentStartRequested(turn_id=1, text="one"))
            await b.publish(TTSPlaybackFinished(turn_id=1, text="First."))
            # The agent's task has not had its first step when it is cancelled.
            b.manager.on_start(TurnLLMAgentStartRequested(turn_id=2, text="two"))
            b.manager.on_stop(TurnLLMAgentStopRequested(turn_id=2))
            b.manager.on_stopped(TTSStopped(turn_id=2, text=""))
            await turns_of_the_loop()
            assert b.agent.history() == [
                {"role": "user", "content": "one"},
                {"role": "assistant", "content": "First."},
            ]

    run_virtual(scene())


@pytest.mark.parametrize(
    ("reply", "said"), [("!", APOLOGY), ("It is noon. But ! no", f"It is noon. But {APOLOGY}")]
)
def test_a_failing_agent_apologises(reply, said):
    async def scene():
        async with bench(reply) as b:
            await b.publish(TurnLLMAgentStartRequested(turn_id=1, text="the time"))
            (error,) = b.log.all_of(ErrorOccurred)
            assert (error.turn_id, error.component) == (1, "agent")
            assert " ".join(b.said(1)) == said
            assert b.log.names()[-1] == "TurnTTSFlushRequested"

    run_virtual(scene())


def test_an_agent_without_words_still_ends_the_turn():
    async def scene():
        async with bench("") as b:
            await b.publish(TurnLLMAgentStartRequested(turn_id=1, text="hm"))
            assert b.said(1) == []
            assert len(b.log.all_of(TurnTTSFlushRequested)) == 1
            assert not b.log.all_of(LLMFirstChunk)

    run_virtual(scene())


class GreetingAgent(ScriptedAgent):
    """Says something of its own when it starts, or fails to."""

    def __init__(self, greeting: str) -> None:
        super().__init__([greeting])

    async def async_accept(self, context):
        if context.type == "loop":
            context = AgentContext("asr_final", context.text)
        async for piece in super().async_accept(context):
            yield piece


@pytest.mark.parametrize(
    ("greeting", "offers", "errors"),
    [("tool Good morning. result", ["Good morning."], 0), ("", [], 0), ("Good !", [], 1)],
)
def test_an_agent_may_begin_the_conversation(greeting, offers, errors):
    async def scene():
        async with bench(agent=GreetingAgent(greeting)) as b:
            await turns_of_the_loop(20)
            assert [offer.text for offer in b.log.all_of(SpeechRequested)] == offers
            assert len(b.log.all_of(ErrorOccurred)) == errors

    run_virtual(scene())
