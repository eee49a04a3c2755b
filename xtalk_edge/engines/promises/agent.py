"""What every agent promises."""

from __future__ import annotations

import asyncio
import contextlib
from typing import Literal

from xtalk_edge.engines.interfaces import Agent, AgentContext, ToolCall, ToolResult
from xtalk_edge.engines.promises.promise import Make, Promises, chance, expect

PROMISES = Promises()

QUESTION = "hello"
TEXTS = ("", " ", "\0", "<|im_end|>", "é" * 40, "{{ 1 }} {% if %}", "\ud800")

Piece = str | ToolCall | ToolResult


async def _pieces(
    agent: Agent, text: str, kind: Literal["asr_partial", "asr_final", "loop"] = "asr_final"
) -> list[object]:
    return [piece async for piece in agent.async_accept(AgentContext(kind, text))]


@PROMISES.that("a question is answered")
def answers(make: Make) -> None:
    """Ask once."""
    with contextlib.closing(make()) as agent:
        pieces = asyncio.run(_pieces(agent, QUESTION))
        expect(bool(pieces), "async_accept() yielded nothing; yield text in pieces, or tool calls")
        for piece in pieces:
            expect(isinstance(piece, Piece), f"async_accept() yielded {piece!r}; yield text")
        chance(agent.confidence(), "confidence()")


@PROMISES.that("anything may be asked")
def anything(make: Make) -> None:
    """Ask what no person would."""
    with contextlib.closing(make()) as agent:
        for text in TEXTS:
            asyncio.run(_pieces(agent, text))


@PROMISES.that("an answer that is not heard to its end leaves no trace")
def stopped(make: Make) -> None:
    """Close the iterator behind the first piece."""

    async def begin(agent: Agent) -> None:
        asked = agent.async_accept(AgentContext("asr_final", QUESTION))
        await anext(asked, None)
        if hasattr(asked, "aclose"):
            await asked.aclose()

    with contextlib.closing(make()) as agent:
        asyncio.run(begin(agent))
        left = agent.history()
        expect(left == [], f"the history kept {left!r} of an answer that was stopped at once")


@PROMISES.that("a guess may be thrown away, and an answer committed")
def guesses(make: Make) -> None:
    """Read ahead, guess, throw it away, and answer."""

    async def scene(agent: Agent) -> list[object]:
        await agent.prefill("hel")
        await agent.speculate(QUESTION)
        await agent.discard()
        left = agent.history()
        expect(left == [], f"the history kept {left!r} of a guess; discard() leaves no trace")
        await agent.speculate(QUESTION)
        return [piece async for piece in agent.commit(QUESTION)]

    with contextlib.closing(make()) as agent:
        expect(bool(asyncio.run(scene(agent))), "commit() yielded nothing")
