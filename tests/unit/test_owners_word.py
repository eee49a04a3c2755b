"""Some words are carried out whoever is the agent; everything else is the agent's."""

from __future__ import annotations

import asyncio
import contextlib

from tests.unit.test_agent_answers import DONE, QUESTION, house
from xtalk_edge.clock import run_virtual
from xtalk_edge.engines.agent.scripted import ScriptedAgent
from xtalk_edge.engines.interfaces import ToolCall, ToolResult
from xtalk_edge.events import (
    ErrorOccurred,
    ToolCallOccurred,
    ToolResultOccurred,
    TurnTTSTextAppendRequested,
)
from xtalk_edge.managers.agent import APOLOGY, TOO_SLOW
from xtalk_edge.tools.owners_word import OwnersWord

DELETE = ToolCall("delete_notes")


class Agent(ScriptedAgent):
    """Remembers what reached it."""

    def __init__(self):
        super().__init__(otherwise="I know nothing.")
        self.asked = []
        self.discarded = 0

    async def async_accept(self, context):
        self.asked.append(context.text)
        async for piece in super().async_accept(context):
            yield piece

    async def discard(self):
        self.discarded += 1


def meaning(text):
    return DELETE if text == "wipe it" else None


@contextlib.asynccontextmanager
async def ordered():
    """Open a house where "wipe it" is an order."""
    async with house(Agent()) as made:
        made.manager._orders = OwnersWord(made.box, lambda _text: None, meaning)
        yield made


def test_an_order_is_carried_out_without_the_agent_and_known_to_it():
    async def scene():
        async with ordered() as h:
            assert h.manager.heeds("wipe it")
            assert await h.say("wipe it") == QUESTION
            assert await h.say("yes") == DONE
            assert (h.deleted, h.agent.asked) == (1, [])
            assert h.agent.discarded == 2
            assert [each.name for each in h.log.all_of(ToolCallOccurred)] == ["delete_notes"] * 2
            assert [each.content for each in h.log.all_of(ToolResultOccurred)] == [QUESTION, DONE]
            assert [line["content"] for line in h.agent.history()] == [
                "wipe it",
                QUESTION,
                "yes",
                DONE,
            ]

    run_virtual(scene())


def test_everything_else_is_for_the_agent():
    async def scene():
        async with ordered() as h:
            assert not h.manager.heeds("wipe it now")
            assert await h.say("wipe it now") == "I know nothing."
            assert h.agent.asked == ["wipe it now"]

    run_virtual(scene())


def test_an_order_is_no_answer_to_a_question():
    async def scene():
        async with ordered() as h:
            await h.say("wipe it")
            assert await h.say("wipe it") == QUESTION
            assert h.deleted == 0

    run_virtual(scene())


def test_an_order_that_fails_or_hangs_ends_the_turn_in_words():
    class Hanging:
        def meant(self, text):
            return DELETE

        async def obey(self, call):
            await asyncio.sleep(3600)
            return ToolResult(call.name, "")

    class Failing(Hanging):
        async def obey(self, call):
            raise ValueError("odd")

    async def scene():
        async with house(Agent(), orders=Hanging(), silence_limit_s=2.0) as h:
            await h.say("wipe it", heard=False)
            await asyncio.sleep(2.1)
            (error,) = h.log.all_of(ErrorOccurred)
            assert error.error_type == "llm_timeout"
            clauses = [each.text for each in h.log.all_of(TurnTTSTextAppendRequested)]
            assert " ".join(clauses) == TOO_SLOW
        async with house(Agent(), orders=Failing()) as h:
            assert await h.say("wipe it") == APOLOGY

    run_virtual(scene())


def test_where_nothing_is_heeded_everything_is_for_the_agent():
    async def scene():
        async with house(Agent()) as h:
            assert not h.manager.heeds("wipe it")
            assert OwnersWord(h.box).meant("wipe it") is None

    run_virtual(scene())
