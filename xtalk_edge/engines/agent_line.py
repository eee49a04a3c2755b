"""The parent's end of the connection to an agent's process: requests, answers, and its tools' runs.

What the child sends is read by a thread of its own and handed to the event loop. In virtual time
the loop goes round while an answer is due: time stands still then, but for what a tool waits for.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import threading
import time
from collections import deque
from collections.abc import Mapping
from typing import Any

from xtalk_edge.clock import is_virtual
from xtalk_edge.engines.child_process import LOAD_TIMEOUT_S, ChildProcess, rebuilt_error
from xtalk_edge.engines.interfaces import ToolCall, ToolResult, ToolRunner
from xtalk_edge.errors import EngineLostError
from xtalk_edge.tasks import TaskOwner

_CHILD = "xtalk_edge.engines.isolated_agent_child"

ASK_TIMEOUT_S = 10.0
"""For what needs no model: its loop only has to come round."""

STOP_TIMEOUT_S = 5.0
"""So long a model may take to stop; llama.cpp looks at its flag between any two operations."""

_GLANCE_S = 0.0005


class AgentLine:
    """A child with an agent in it; any number of requests at once, from the loop's thread.

    Requests raise `EngineLostError` once the child is dead, and what the agent raised.

    Args:
        type: of the agent, as in the settings.
        params: its settings.
    """

    def __init__(self, type: str, params: Mapping[str, Any]) -> None:
        self._name = f"agent engine {type}"
        self._child = ChildProcess(_CHILD, "agent")
        self._numbers = itertools.count(1)
        self._sending = threading.Lock()
        self._answers: dict[int, _Answer] = {}
        self._stopping: deque[_Answer] = deque()
        """Answers nobody waits for any more."""
        self._loop: asyncio.AbstractEventLoop | None = None
        self._tools: ToolRunner | None = None
        self._runs: dict[int, asyncio.Task[Any]] = {}
        self._owner = TaskOwner()
        self._results: list[ToolResult] = []
        self._lost = False
        threading.Thread(target=self._read, name=self._name, daemon=True).start()
        try:
            self._wait(self._send("create", type, dict(params)), LOAD_TIMEOUT_S)
        except BaseException:
            self._child.kill()
            raise

    @property
    def pid(self) -> int:
        """The child's process id."""
        return self._child.pid

    @property
    def is_alive(self) -> bool:
        """Whether requests make sense; a model that does not stop when told is ended here."""
        hanging = [each for each in self._stopping if not each.done.is_set()]
        if any(time.monotonic() - each.stopped_s > STOP_TIMEOUT_S for each in hanging):
            self._child.stop_hanging()
        self._stopping = deque(hanging)
        return not self._lost and self._child.is_alive

    def silent_s(self) -> float:
        """Return for how long an answer has been due; 0 while a tool is run for it here."""
        due = [] if self._runs else list(self._answers.values())
        return max((time.monotonic() - each.asked_s for each in due), default=0.0)

    def stop_hanging(self) -> None:
        """End the child; who waits for an answer hears that it is lost."""
        self._child.stop_hanging()

    def use_loop(self, loop: asyncio.AbstractEventLoop) -> None:
        """Take the loop on which tools run and answers are awaited."""
        self._loop = loop

    # -- requests --------------------------------------------------------------------------

    def use_tools(self, tools: ToolRunner) -> None:
        """Describe the tools to the agent; raises as it does."""
        self._tools = tools
        schemas = tools.schemas()
        named = (schema["function"]["name"] for schema in schemas)
        self.ask("use_tools", schemas, [name for name in named if tools.has_effects(name)])

    def tell(self, name: str, *args: Any) -> None:
        """Call a method whose answer does not matter; nothing of a child that is dead."""
        with contextlib.suppress(EngineLostError):
            self._send("tell", name, args)

    def ask(self, name: str, *args: Any) -> Any:
        """Return what a method returns that is no coroutine; blocks for a moment."""
        return self._wait(self._send("ask", name, args), ASK_TIMEOUT_S)

    async def call(self, name: str, *args: Any) -> Any:
        """Return what a method returns; cancelling the caller cancels the call."""
        return await self._awaited(self._send("call", name, args))

    async def begin(self, name: str, *args: Any) -> int:
        """Return the number of an iterator's answer, by which its items are asked for."""
        answer = self._send("begin", name, args)
        await self._awaited(answer)
        return answer.number

    async def next(self, stream: int) -> tuple[bool, Any]:
        """Return whether there is a next item, and the item."""
        more, item = await self._awaited(self._send("next", stream))
        return more, item

    def end(self, stream: int) -> None:
        """Let an iterator be closed; not waited for."""
        with contextlib.suppress(EngineLostError):
            self._stop(self._send("end", stream))

    def close(self) -> None:
        """Let the agent release what it holds; kill it if it does not end."""
        if not self._lost:
            with contextlib.suppress(EngineLostError):
                self._send("close")
                self._child.wait_for_end()
        self._lost = True
        self._child.kill()

    # -- what tools have answered ----------------------------------------------------------

    def forget_results(self) -> None:
        """Take it that a new answer begins."""
        self._results.clear()

    def told_of(self, result: ToolResult) -> None:
        """Take it that the agent has told of a tool's answer."""
        with contextlib.suppress(ValueError):
            self._results.remove(result)

    def untold_results(self) -> list[ToolResult]:
        """Return what tools have answered and the agent has not told of."""
        return list(self._results)

    # -- the connection --------------------------------------------------------------------

    def _send(self, kind: str, *args: Any) -> _Answer:
        answer = _Answer(next(self._numbers))
        self._answers[answer.number] = answer
        try:
            self._post(answer.number, kind, *args)
        except OSError as exc:
            self._answers.pop(answer.number, None)
            raise EngineLostError(self._death()) from exc
        return answer

    def _post(self, number: int, kind: str, *args: Any) -> None:
        """Send a message; from any thread. Raises OSError when nobody is there to take it."""
        if self._lost:
            raise OSError("the child is gone")
        with self._sending:
            self._child.pipe.send((number, kind, *args))

    def _wait(self, answer: _Answer, timeout_s: float) -> Any:
        if not answer.done.wait(timeout_s):
            self._child.stop_hanging()
            raise EngineLostError(
                f"the {self._name} did not answer for {timeout_s:.0f} s and was ended; choose a "
                "smaller model if that comes again"
            )
        return self._taken(answer)

    async def _awaited(self, answer: _Answer) -> Any:
        try:
            if is_virtual():
                while not answer.done.is_set():
                    answer.done.wait(_GLANCE_S)
                    await asyncio.sleep(_GLANCE_S if self._runs else 0)
            else:
                answer.loop = asyncio.get_running_loop()
                while not answer.done.is_set():
                    await answer.news.wait()
        except asyncio.CancelledError:
            with contextlib.suppress(EngineLostError):
                self._send("cancel", answer.number)
            self._stop(answer)
            raise
        return self._taken(answer)

    def _stop(self, answer: _Answer) -> None:
        answer.stopped_s = time.monotonic()
        self._stopping.append(answer)

    def _taken(self, answer: _Answer) -> Any:
        if answer.lost:
            raise EngineLostError(self._death())
        if answer.ok:
            return answer.value
        raise rebuilt_error(self._name, *answer.value)

    def _death(self) -> str:
        return (
            f"the {self._name} died ({self._child.how_it_died()}); check its model files if it "
            "dies again"
        )

    def _read(self) -> None:
        """Hand on what the child sends, until it ends; on the thread of this line."""
        try:
            while True:
                kind, number, *args = self._child.pipe.recv()
                if kind == "answer":
                    if (answer := self._answers.pop(number, None)) is not None:
                        answer.give(*args)
                elif kind == "propose":
                    # Here, because the loop may be waiting in `ask` for the child, which waits.
                    question = self._tools.propose(*args) if self._tools else ""
                    self._post(number, "proposed", question)
                elif self._loop is not None:
                    self._loop.call_soon_threadsafe(self._run_or_stop, kind, number, *args)
        except (EOFError, OSError, RuntimeError, TypeError):
            # The child ended, or the connection was closed here, or the loop was.
            self._lost = True
            for number in list(self._answers):
                self._answers.pop(number).lose()

    def _run_or_stop(self, kind: str, number: int, *args: Any) -> None:
        if kind == "run":
            self._runs[number] = self._owner.start(self._run(number, *args), f"tool run {number}")
        elif (run := self._runs.get(number)) is not None:
            run.cancel()

    async def _run(self, number: int, call: ToolCall) -> None:
        try:
            assert self._tools is not None
            result = await self._tools.run(call)
            self._results.append(result)
        finally:
            del self._runs[number]
        with contextlib.suppress(OSError):
            self._post(number, "ran", result)


class _Answer:
    """What will come of one request."""

    def __init__(self, number: int) -> None:
        self.number = number
        self.done = threading.Event()
        self.news = asyncio.Event()
        self.loop: asyncio.AbstractEventLoop | None = None
        self.ok = False
        self.lost = False
        self.value: Any = None
        self.asked_s = time.monotonic()
        self.stopped_s = 0.0

    def give(self, ok: bool, value: Any) -> None:
        """Take the answer; on any thread."""
        self.ok, self.value = ok, value
        self._tell()

    def lose(self) -> None:
        """Take it that none will come; on any thread."""
        self.lost = True
        self._tell()

    def _tell(self) -> None:
        self.done.set()
        if self.loop is not None:
            with contextlib.suppress(RuntimeError):
                self.loop.call_soon_threadsafe(self.news.set)
