"""The agent in use; another may take its place between two turns, and is told what was said."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncGenerator, Callable

from xtalk_edge.audio.live_speech import LiveSpeech
from xtalk_edge.engines.agent.briefed import BriefedAgent
from xtalk_edge.engines.agent.exchanges import exchanges
from xtalk_edge.engines.hosting import Hosted
from xtalk_edge.engines.interfaces import (
    Agent,
    AgentContext,
    Prepared,
    ToolCall,
    ToolResult,
    ToolRunner,
)

log = logging.getLogger(__name__)

Piece = str | ToolCall | ToolResult | LiveSpeech

WARM_UP_LIMIT_S = 120.0
"""A large model reads its tools in a minute on a Pi 5; the first answer does what is left."""


class AgentSeat(BriefedAgent):
    """Passes everything on to one agent; what is asked while there is none waits for the next.

    Args:
        home: the agent to begin with, equipped.
        equip: gives an agent its tools; raises ModelError where they do not fit.
    """

    def __init__(self, home: Hosted, equip: Callable[[Agent], None]) -> None:
        super().__init__()
        self._home = home
        self._equip = equip
        self._taken = asyncio.Event()
        self._taken.set()
        self._kept: list[tuple[str, str]] = []
        """What was asked and heard, while the seat is empty."""

    @property
    def engine(self) -> Agent:
        """Who sits here; who sat here last while it is empty."""
        found: Agent = self._home.engine
        return found

    # -- exchange --------------------------------------------------------------------------

    async def fitted(self, home: Hosted) -> Hosted:
        """Give another agent the tools, and let it warm up; raises ModelError as it does.

        It may have a greeting, which is for the start of the device alone.
        """
        agent: Agent = home.engine
        self._equip(agent)
        items = agent.async_accept(AgentContext("loop"))
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(WARM_UP_LIMIT_S), contextlib.aclosing(items) as said:  # type: ignore[type-var]
                async for _ in said:
                    pass
        return home

    def vacate(self) -> Hosted:
        """Let nobody sit here until `exchange`; return who may be closed."""
        self._kept = exchanges(self.engine.history())
        self._taken.clear()
        return self._home

    def exchange(self, home: Hosted) -> Hosted:
        """Let another agent answer from now on; return the one before."""
        kept = exchanges(self.engine.history()) if self._taken.is_set() else self._kept
        before, self._home = self._home, home
        for text, reply in kept:
            self.engine.note(text, reply)
        self._kept = []
        self._taken.set()
        self.brief()
        return before

    async def settle_in(self) -> None:
        """Let the agent read what was said before it came."""
        await self.engine.prefill("")

    async def aclose(self) -> None:
        """Close whoever sits here."""
        await self._home.aclose()

    # -- what every agent does -------------------------------------------------------------

    async def async_accept(self, context: AgentContext) -> AsyncGenerator[Piece, None]:
        """Answer, or whatever the context is about."""
        await self._taken.wait()
        items = self.engine.async_accept(context)
        async with contextlib.aclosing(items) as pieces:  # type: ignore[type-var]
            async for piece in pieces:
                yield piece

    async def commit(self, text: str) -> AsyncGenerator[Piece, None]:
        """Answer `text`; what was speculated on the same text is ready at once."""
        await self._taken.wait()
        async with contextlib.aclosing(self.engine.commit(text)) as pieces:  # type: ignore[type-var]
            async for piece in pieces:
                yield piece

    async def prefill(self, text: str) -> None:
        """Read ahead what was heard so far."""
        if self._taken.is_set():
            await self.engine.prefill(text)

    async def speculate(self, text: str) -> Prepared:
        """Begin the answer to a text that may still change."""
        return await self.engine.speculate(text) if self._taken.is_set() else Prepared()

    async def foresee(self, text: str) -> AsyncGenerator[Prepared, None]:
        """Begin the answer as `speculate` does; yield what came of it each time there is more."""
        if not self._taken.is_set():
            yield Prepared()
            return
        async with contextlib.aclosing(self.engine.foresee(text)) as progress:
            async for prepared in progress:
                yield prepared

    def resume(self, text: str, said: str) -> AsyncGenerator[str, None]:
        """Yield the rest of an answer of which somebody else has said the beginning."""
        return self.engine.resume(text, said)

    async def discard(self) -> None:
        """Throw away what `speculate` began."""
        if self._taken.is_set():
            await self.engine.discard()

    def use_tools(self, tools: ToolRunner) -> None:
        """Take the tools that may be called."""
        self.engine.use_tools(tools)

    def tell(self, method: str, *told: str) -> None:
        """Tell whoever sits here."""
        if self._taken.is_set():
            getattr(self.engine, method)(*told)

    def economies(self) -> tuple[str, ...]:
        """Return what whoever sits here can do with less of."""
        return self.engine.economies() if self._taken.is_set() else ()

    def confidence(self) -> float:
        """Return how sure the last decision was."""
        return self.engine.confidence()

    def note(self, text: str, reply: str, call: ToolCall | None = None) -> None:
        """Take into the history an exchange that was settled without the agent."""
        if self._taken.is_set():
            self.engine.note(text, reply, call)
        else:
            self._kept.append((text, reply))

    def heard(self, text: str) -> None:
        """Replace the last reply in the history by what the owner really heard."""
        if self._taken.is_set():
            self.engine.heard(text)
        elif self._kept:
            self._kept[-1] = (self._kept[-1][0], text)

    def history(self) -> list[dict[str, str]]:
        """Return the conversation as chat messages, oldest first."""
        if self._taken.is_set():
            return self.engine.history()
        return [line for text, reply in self._kept for line in _lines(text, reply)]


def _lines(text: str, reply: str) -> list[dict[str, str]]:
    asked = {"role": "user", "content": text}
    return [asked, {"role": "assistant", "content": reply}] if reply else [asked]
