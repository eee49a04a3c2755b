"""A seat that heeds some words of the owner's by itself, whoever sits there."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncGenerator, Callable

from xtalk_edge.engines.agent.seat import AgentSeat, Piece
from xtalk_edge.engines.hosting import Hosted
from xtalk_edge.engines.interfaces import Agent, AgentContext, Prepared, ToolCall, ToolRunner

Heed = Callable[[str], ToolCall | None]
"""Returns the tool that a final text asks for; None for everything that is for the agent."""


class HeedingSeat(AgentSeat):
    """Runs the tools that certain words ask for, and passes everything else on.

    Args:
        home: the agent to begin with, equipped.
        equip: gives an agent its tools; raises ModelError where they do not fit.
        heed: knows the words.
        runner: runs the tools.
    """

    def __init__(
        self, home: Hosted, equip: Callable[[Agent], None], heed: Heed, runner: ToolRunner
    ) -> None:
        super().__init__(home, equip)
        self._heed = heed
        self._runner = runner

    async def async_accept(self, context: AgentContext) -> AsyncGenerator[Piece, None]:
        """Do what is heeded here, or have the agent answer."""
        call = self._heed(context.text) if context.type == "asr_final" else None
        answer = super().async_accept(context) if call is None else self._run(context.text, call)
        async with contextlib.aclosing(answer) as pieces:
            async for piece in pieces:
                yield piece

    async def commit(self, text: str) -> AsyncGenerator[Piece, None]:
        """Do what is heeded here, or have the agent answer."""
        call = self._heed(text)
        answer = super().commit(text) if call is None else self._run(text, call)
        async with contextlib.aclosing(answer) as pieces:
            async for piece in pieces:
                yield piece

    async def speculate(self, text: str) -> Prepared:
        """Begin the answer to a text that may still change; what is heeded is done at the end."""
        if self._heed(text) is not None:
            return Prepared(is_request=True)
        return await super().speculate(text)

    async def _run(self, text: str, call: ToolCall) -> AsyncGenerator[Piece, None]:
        await self.discard()
        yield call
        result = await self._runner.run(call)
        # Not as its own call: the agent may not know that tool.
        self.note(text, result.content)
        yield result
        yield result.content
