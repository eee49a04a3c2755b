"""The child's side of an isolated agent: its own event loop, and tools that run in the parent."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import queue
import signal
import threading
from collections.abc import AsyncIterator
from multiprocessing.connection import Connection
from typing import Any

from xtalk_edge import memory
from xtalk_edge.engines.interfaces import ToolCall, ToolResult
from xtalk_edge.engines.registry import create
from xtalk_edge.net.border import BORDER, UNCOUNTED
from xtalk_edge.tasks import TaskOwner


def serve(fd: int) -> None:
    """Answer requests until told to end, or until the parent is gone."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    BORDER.close(UNCOUNTED)
    with Connection(fd) as pipe:
        number, _, type, params = pipe.recv()
        try:
            agent = create("agent", type, params)
        except Exception as exc:  # noqa: BLE001 - every error travels to the caller
            pipe.send(("answer", number, False, (exc.__class__.__name__, str(exc))))
            return
        memory.give_back()
        pipe.send(("answer", number, True, None))
        try:
            asyncio.run(_Host(pipe, agent).serve())
        finally:
            agent.close()


class _Host:
    """The agent, and what is under way."""

    def __init__(self, pipe: Connection, agent: Any) -> None:
        self._pipe = pipe
        self._agent = agent
        self._owner = TaskOwner()
        self._tasks: dict[int, asyncio.Task[None]] = {}
        self._streams: dict[int, AsyncIterator[Any]] = {}
        self._ends: set[asyncio.Task[None]] = set()
        self._over = asyncio.Event()
        self._tools = RemoteTools(pipe)

    async def serve(self) -> None:
        """Do what is asked, until the end."""
        loop = asyncio.get_running_loop()
        threading.Thread(target=self._read, args=(loop,), daemon=True).start()
        await self._over.wait()
        await self._owner.aclose()

    def _read(self, loop: asyncio.AbstractEventLoop) -> None:
        with contextlib.suppress(EOFError, OSError, RuntimeError):
            while True:
                number, kind, *args = self._pipe.recv()
                if kind == "proposed":
                    # The loop's own thread waits for it.
                    self._tools.proposed.put(args[0])
                else:
                    loop.call_soon_threadsafe(self._take, number, kind, *args)
        with contextlib.suppress(RuntimeError):
            loop.call_soon_threadsafe(self._over.set)

    def _take(self, number: int, kind: str, *args: Any) -> None:
        match kind:
            case "close":
                self._over.set()
            case "ran":
                self._tools.ran(number, args[0])
            case "cancel":
                if (task := self._tasks.get(args[0])) is not None:
                    task.cancel()
            case "tell":
                name, given = args
                with contextlib.suppress(Exception):
                    getattr(self._agent, name)(*given)
            case _:
                task = self._owner.start(self._answer(number, kind, args), f"{kind} {number}")
                self._tasks[number] = task
                if kind == "end":
                    self._ends.add(task)
                    task.add_done_callback(self._ends.discard)

    async def _answer(self, number: int, kind: str, args: tuple[Any, ...]) -> None:
        try:
            reply = (True, await self._done(number, kind, args))
        except asyncio.CancelledError:
            reply = (False, ("EngineError", "the call was cancelled"))
        except Exception as exc:  # noqa: BLE001 - every error travels to the caller
            reply = (False, (type(exc).__name__, str(exc)))
        finally:
            self._tasks.pop(number, None)
        with contextlib.suppress(OSError):
            self._pipe.send(("answer", number, *reply))

    async def _done(self, number: int, kind: str, args: tuple[Any, ...]) -> Any:
        if kind == "next":
            stream = self._streams[args[0]]
            async for item in stream:
                return True, item
            return False, None
        if kind == "end":
            closing = getattr(self._streams.pop(args[0], None), "aclose", None)
            return await closing() if closing else None
        name, given = args
        if kind == "ask" and name == "use_tools":
            self._tools.describe(*given)
            self._agent.use_tools(self._tools)
            return None
        # Whoever ended an answer is not to see it half ended.
        if self._ends:
            await asyncio.wait(self._ends)
        result = getattr(self._agent, name)(*given)
        if kind == "begin":
            self._streams[number] = result
            return None
        return await result if asyncio.iscoroutine(result) else result


class RemoteTools:
    """The household's tools, as the agent sees them."""

    def __init__(self, pipe: Connection) -> None:
        self._pipe = pipe
        self._schemas: list[dict[str, Any]] = []
        self._effects: frozenset[str] = frozenset()
        self._numbers = itertools.count(1)
        self._runs: dict[int, asyncio.Future[ToolResult]] = {}
        self.proposed: queue.SimpleQueue[str] = queue.SimpleQueue()
        """The answer to `propose`."""

    def describe(self, schemas: list[dict[str, Any]], effects: list[str]) -> None:
        """Take what they are and which of them change anything."""
        self._schemas, self._effects = schemas, frozenset(effects)

    def schemas(self) -> list[dict[str, Any]]:
        """Return every tool as an OpenAI function schema."""
        return self._schemas

    def has_effects(self, name: str) -> bool:
        """Tell whether a tool changes anything."""
        return name in self._effects

    def propose(self, call: ToolCall) -> str:
        """Return a question whether that call was meant."""
        self._pipe.send(("propose", 0, call))
        return self.proposed.get()

    async def run(self, call: ToolCall) -> ToolResult:
        """Let the parent run one call; stopping stops it there."""
        number = next(self._numbers)
        done: asyncio.Future[ToolResult] = asyncio.get_running_loop().create_future()
        self._runs[number] = done
        self._pipe.send(("run", number, call))
        try:
            result = await done
        except asyncio.CancelledError:
            self._pipe.send(("stop", number))
            raise
        finally:
            del self._runs[number]
        return result

    def ran(self, number: int, result: ToolResult) -> None:
        """Take what a tool answered."""
        if (done := self._runs.get(number)) is not None and not done.done():
            done.set_result(result)
