"""A thread with an event loop of its own, for engines that talk to another machine.

Such an engine is called and waited for on its worker, as every engine is. What goes on meanwhile,
and what must be stopped at a moment's notice, lives here: an unanswered question never holds the
worker longer than it agreed to wait.
"""

from __future__ import annotations

import asyncio
import concurrent.futures
import contextlib
import threading
from collections.abc import AsyncGenerator, Callable, Coroutine, Generator
from typing import Any, TypeVar

from xtalk_edge.errors import EngineError
from xtalk_edge.tasks import TaskOwner

T = TypeVar("T")

FAREWELL_S = 1.5
"""For what has still to be said to the other side when all is over."""

_END = object()


class LoopThread:
    """Runs coroutines for callers that block; its thread starts at the first one."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._lock = threading.Lock()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None
        self._closed = False
        self.tasks = TaskOwner()
        """What goes on beside the callers; for use on this thread."""

    def start(self, work: Coroutine[Any, Any, T]) -> concurrent.futures.Future[T]:
        """Begin a coroutine; its result can be waited for, or cancelled, from any thread.

        Raises:
            EngineError: this is closed.
        """
        try:
            return asyncio.run_coroutine_threadsafe(work, self._running())
        except BaseException:
            work.close()
            raise

    def run(self, work: Coroutine[Any, Any, T], within_s: float) -> T:
        """Return what a coroutine returns; raises what it raises, or TimeoutError."""
        future = self.start(work)
        try:
            return future.result(within_s)
        except concurrent.futures.CancelledError:
            raise EngineError(f"{self._name} is closed; start it again before using it") from None
        finally:
            future.cancel()

    def soon(self, call: Callable[..., object], *args: object) -> None:
        """Make a call on the loop, without waiting for it. Raises as `start`."""
        self._running().call_soon_threadsafe(call, *args)

    def iterate(self, items: AsyncGenerator[T, None], within_s: float) -> Generator[T, None, None]:
        """Yield the items of a generator that lives on the loop; closing this one closes that.

        Args:
            items: the generator.
            within_s: the longest wait for one item; TimeoutError after it.
        """
        try:
            while (item := self.run(_next(items), within_s)) is not _END:
                yield item  # type: ignore[misc] # anything but _END is a T
        finally:
            with contextlib.suppress(EngineError):
                self.start(_close(items))

    def close(self) -> None:
        """Cancel everything, and end the thread; twice does no harm."""
        with self._lock:
            self._closed = True
            loop, thread = self._loop, self._thread
            self._loop = None
        if loop is not None and thread is not None:
            loop.call_soon_threadsafe(loop.stop)
            thread.join(4 * FAREWELL_S)

    def _running(self) -> asyncio.AbstractEventLoop:
        with self._lock:
            if self._closed:
                raise EngineError(f"{self._name} is closed; start it again before using it")
            if self._loop is None:
                self._loop = asyncio.new_event_loop()
                self._thread = threading.Thread(
                    target=self._serve, args=(self._loop,), name=f"{self._name} loop", daemon=True
                )
                self._thread.start()
            return self._loop

    def _serve(self, loop: asyncio.AbstractEventLoop) -> None:
        asyncio.set_event_loop(loop)
        try:
            loop.run_forever()
            loop.run_until_complete(_end_all())
        finally:
            asyncio.set_event_loop(None)
            loop.close()


async def _next(items: AsyncGenerator[T, None]) -> T | object:
    return await anext(items, _END)


async def _close(items: AsyncGenerator[Any, None]) -> None:
    # One that was cancelled in the midst of an item ends by itself.
    with contextlib.suppress(RuntimeError):
        await items.aclose()


async def _end_all() -> None:
    """Cancel everything; what it begins at its end, as farewells, has a moment."""
    # What is cancelled before its first step has no chance to tidy up.
    await asyncio.sleep(0)
    await _wait_for_others(cancel=True)
    await _wait_for_others(cancel=False)
    # Only now: what a task is in the midst of cannot be closed from outside.
    await asyncio.get_running_loop().shutdown_asyncgens()
    await _wait_for_others(cancel=False)
    await _wait_for_others(cancel=True)
    # Sockets are closed one turn of the loop after they were given up.
    await asyncio.sleep(0)


async def _wait_for_others(*, cancel: bool) -> None:
    tasks = asyncio.all_tasks() - {asyncio.current_task()}
    for task in tasks if cancel else ():
        task.cancel()
    if tasks:
        await asyncio.wait(tasks, timeout=FAREWELL_S)
