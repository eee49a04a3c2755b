"""An answer begun before it is certain what was asked."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from typing import Generic, Protocol, TypeVar

from xtalk_edge.engines.agent.conversation import Turn
from xtalk_edge.engines.agent.hands import Hold, Piece
from xtalk_edge.engines.interfaces import NoAnswer, Prepared, ToolResult
from xtalk_edge.tasks import TaskOwner


class Stoppable(Protocol):
    """Ends an answer, whoever reads it."""

    stopped: bool

    async def make_way(self) -> None:
        """Stop, and free whatever the answer occupies."""


S = TypeVar("S", bound=Stoppable)


class Speculation(Generic[S]):
    """Keeps what an answer gives, up to the first thing that could not be taken back.

    Args:
        turn: what is answered; it is in no history yet.
        stop: ends the answer.
        items: the answer.
        version: of the conversation that the answer builds on.
        tasks: owns the work.
    """

    def __init__(
        self,
        turn: Turn,
        stop: S,
        items: AsyncGenerator[Piece | Hold, None],
        version: int,
        tasks: TaskOwner,
    ) -> None:
        self.turn = turn
        self.stop = stop
        self._items = items
        self._version = version
        self._ready: list[Piece] = []
        self._taken = False
        self._news = asyncio.Event()
        self._is_request = self._is_command = False
        self._work = tasks.start(self._run_ahead(), "agent speculation")
        self._work.add_done_callback(lambda _work: self._news.set())

    def fits(self, text: str, version: int) -> bool:
        """Tell whether this is the answer to `text` in a conversation of that version."""
        ended = self.stop.stopped or self._work.cancelled()
        same = self.turn.text.strip() == text.strip() and self._version == version
        return same and not ended

    @property
    def failed(self) -> bool:
        """Whether it ended in an error."""
        work = self._work
        return work.done() and not work.cancelled() and work.exception() is not None

    @property
    def prepared(self) -> Prepared:
        """What came of it so far."""
        said = [piece for piece in self._ready if isinstance(piece, str)]
        abstains = bool(said) and isinstance(said[0], NoAnswer)
        return Prepared("".join(said), self._is_request, self._is_command, abstains)

    async def resting(self) -> None:
        """Wait until it is as far as it may go; cancelling the caller does not disturb it."""
        await asyncio.wait({self._work})

    async def progress(self) -> AsyncGenerator[Prepared, None]:
        """Yield what came of it whenever that is more, until it is as far as it may go."""
        told: Prepared | None = None
        while not self._work.done():
            self._news.clear()
            if self._ready and self.prepared != told:
                told = self.prepared
                yield told
            elif not self._work.done():
                await self._news.wait()
        if self.prepared != told:
            yield self.prepared

    async def release(self) -> AsyncGenerator[Piece | Hold, None]:
        """Yield what is ready, and then the rest as it comes, effects included."""
        self._taken = True
        given = 0
        try:
            while given < len(self._ready) or not self._work.done():
                if given == len(self._ready):
                    await self.resting()
                    continue
                yield self._ready[given]
                given += 1
            self._work.result()
            async for item in self._items:
                yield item
        finally:
            await self.close()

    async def close(self) -> None:
        """End it; what it would have said is lost."""
        await self.stop.make_way()
        self._work.cancel()
        await self.resting()
        await self._items.aclose()

    async def _run_ahead(self) -> None:
        while not self._taken:
            try:
                item = await anext(self._items)
            except StopAsyncIteration:
                return
            if isinstance(item, Hold):
                self._is_request, self._is_command = item.is_request, item.is_command
                return
            if isinstance(item, ToolResult):
                self._is_request = self._is_command = item.ok
            self._ready.append(item)
            self._news.set()
