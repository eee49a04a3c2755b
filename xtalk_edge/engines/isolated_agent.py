"""An agent in a child process of its own; its tools run here, where the household is.

Requests and their answers carry numbers, because several are under way at a time: a model that
reads ahead is stopped by a question. Items of an answer are made as they are asked for, so that a
tool which was announced has not run yet.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncGenerator, AsyncIterator, Iterator, Mapping
from typing import Any

from xtalk_edge.engines.agent.briefed import BriefedAgent
from xtalk_edge.engines.agent.exchanges import exchanges
from xtalk_edge.engines.agent_line import AgentLine
from xtalk_edge.engines.child_process import Deaths
from xtalk_edge.engines.interfaces import (
    AgentContext,
    Prepared,
    ToolCall,
    ToolResult,
    ToolRunner,
)
from xtalk_edge.engines.worker import Worker
from xtalk_edge.errors import EngineError, EngineLostError

log = logging.getLogger(__name__)

Piece = str | ToolCall | ToolResult


class IsolatedAgent(BriefedAgent):
    """An agent whose process may die: the next call starts another one, which is told the rest.

    A call during which it dies raises `EngineLostError`. What tools have answered by then comes
    before that, whether the agent had told of it or not: what they did is done.

    Args:
        type: of the agent, as in the settings.
        params: its settings.

    Raises:
        ConfigError, EngineError, ModelError: as from the agent itself.
    """

    def __init__(self, type: str, params: Mapping[str, Any]) -> None:
        super().__init__()
        self._type, self._params = type, dict(params)
        self._name = f"agent engine {type}"
        self._deaths = Deaths()
        self._worker = Worker(self._name)
        self._closed = False
        self._tools: ToolRunner | None = None
        self._history: list[dict[str, str]] = []
        self._economies: tuple[str, ...] | None = None
        """Of this kind of agent; None until it was asked."""
        self._line = AgentLine(type, self._params)
        self._reviving = asyncio.Lock()

    @property
    def is_alive(self) -> bool:
        """Whether the child is running."""
        return self._line.is_alive

    async def revive(self) -> None:
        """Start another child if this one has died, before somebody needs it.

        Raises:
            EngineError: it is closed, has died too often of late, or cannot be loaded.
        """
        await self._be_there()

    def silent_s(self) -> float:
        """Return for how long the child has owed an answer that only it can give."""
        return self._line.silent_s()

    def stop_hanging(self) -> None:
        """End a child that does not answer; whoever waits for it hears of it."""
        self._line.stop_hanging()

    @property
    def pid(self) -> int:
        """The child's process id."""
        return self._line.pid

    def use_tools(self, tools: ToolRunner) -> None:
        """Let the agent call these tools; raises as the agent does."""
        self._tools = tools
        self._line.use_tools(tools)

    def tell(self, method: str, *told: str) -> None:
        """Tell the agent."""
        self._line.tell(method, *told)

    async def async_accept(self, context: AgentContext) -> AsyncGenerator[Piece, None]:
        """Yield what the agent yields; closing the iterator stops it at once."""
        async with contextlib.aclosing(self._pieces("async_accept", context)) as pieces:
            async for piece in pieces:
                yield piece

    def commit(self, text: str) -> AsyncIterator[Piece]:
        """Answer `text`; what was speculated on the same text is ready at once."""
        return self._pieces("commit", text)

    async def prefill(self, text: str) -> None:
        """Read ahead what was heard so far."""
        await self._call("prefill", text)

    async def speculate(self, text: str) -> Prepared:
        """Begin the answer to a text that may still change; return what came of it so far."""
        prepared = await self._call("speculate", text)
        assert isinstance(prepared, Prepared)
        return prepared

    async def foresee(self, text: str) -> AsyncGenerator[Prepared, None]:
        """Begin the answer as `speculate` does; yield what came of it each time there is more."""
        async with contextlib.aclosing(self._stream("foresee", text)) as progress:
            async for prepared in progress:
                yield prepared

    async def resume(self, text: str, said: str) -> AsyncGenerator[str, None]:
        """Yield the rest of an answer of which somebody else has said the beginning."""
        async with contextlib.aclosing(self._stream("resume", text, said)) as pieces:
            async for piece in pieces:
                yield piece

    async def discard(self) -> None:
        """Throw away what `speculate` began."""
        await self._call("discard")

    def note(self, text: str, reply: str, call: ToolCall | None = None) -> None:
        """Take into the history an exchange that was settled without the agent."""
        self._line.tell("note", text, reply, call)

    def heard(self, text: str) -> None:
        """Replace the last reply in the history by what the owner really heard."""
        self._line.tell("heard", text)

    def economies(self) -> tuple[str, ...]:
        """Return what the agent can do with less of."""
        if self._economies is None:
            with contextlib.suppress(EngineLostError):
                self._economies = tuple(self._line.ask("economies"))
        return self._economies or ()

    def confidence(self) -> float:
        """Return how sure the last decision was."""
        with contextlib.suppress(EngineLostError):
            return float(self._line.ask("confidence"))
        return 0.0

    def history(self) -> list[dict[str, str]]:
        """Return the conversation as chat messages; what was known last of an agent that died."""
        with contextlib.suppress(EngineLostError):
            self._history = self._line.ask("history")
        return list(self._history)

    def close(self) -> None:
        """Let the agent release what it holds, and end its process."""
        self._closed = True
        self._line.close()
        self._worker.close()

    async def _call(self, name: str, *args: Any) -> Any:
        await self._be_there()
        with self._noting_death():
            answer = await self._line.call(name, *args)
        self._deaths.forget()
        return answer

    async def _pieces(self, name: str, *args: Any) -> AsyncGenerator[Piece, None]:
        await self._be_there()
        line = self._line
        line.forget_results()
        with self._noting_death():
            self._history = await line.call("history")
            stream = await line.begin(name, *args)
        try:
            while True:
                try:
                    with self._noting_death():
                        more, piece = await line.next(stream)
                except EngineLostError:
                    for result in line.untold_results():
                        yield result
                    raise
                if not more:
                    break
                self._deaths.forget()
                if isinstance(piece, ToolResult):
                    line.told_of(piece)
                yield piece
        finally:
            # The loop may be ending this in a hurry: the child is told, and not waited for.
            line.end(stream)
        self._history = await line.call("history")

    async def _stream(self, name: str, *args: Any) -> AsyncGenerator[Any, None]:
        """Yield what an iterator gives that runs no tools with effects."""
        await self._be_there()
        line = self._line
        with self._noting_death():
            stream = await line.begin(name, *args)
            try:
                while (step := await line.next(stream))[0]:
                    yield step[1]
            finally:
                line.end(stream)
        self._deaths.forget()

    @contextlib.contextmanager
    def _noting_death(self) -> Iterator[None]:
        try:
            yield
        except EngineLostError:
            self._deaths.note()
            raise

    async def _be_there(self) -> None:
        """Start another child if this one has died, and tell it what the last one knew."""
        async with self._reviving:
            await self._start_again()

    async def _start_again(self) -> None:
        self._line.use_loop(asyncio.get_running_loop())
        if self._line.is_alive:
            return
        if self._closed:
            raise EngineError(f"the {self._name} is closed; start it again")
        self._deaths.check(self._name)
        log.warning("the %s is started anew", self._name)
        self._line.close()
        self._line = await self._worker.run(AgentLine, self._type, self._params)
        self._line.use_loop(asyncio.get_running_loop())
        if self._tools is not None:
            self._line.use_tools(self._tools)
        self.brief()
        for text, reply in exchanges(self._history):
            self._line.tell("note", text, reply, None)
