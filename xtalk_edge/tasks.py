"""Every task has an owner that awaits it."""

from __future__ import annotations

import asyncio
import contextlib
import contextvars
from collections.abc import AsyncGenerator, Callable, Coroutine
from typing import Any, Generic, TypeVar

T = TypeVar("T")

ASK_AGAIN_S = 5.0
"""Until a task that goes on is cancelled once more: Python 3.11's `wait_for`, which libraries use,
may lose a cancellation. What a task has to do at its end takes less."""


class TaskOwner:
    """Starts tasks, keeps them alive, and ends them all; the first failure is kept and told."""

    def __init__(self) -> None:
        self._tasks: set[asyncio.Task[Any]] = set()
        self._failure: BaseException | None = None
        self.failed = asyncio.Event()
        """Set when a task ended by an exception; see `raise_failure`."""

    def start(
        self,
        work: Coroutine[Any, Any, Any],
        name: str,
        context: contextvars.Context | None = None,
    ) -> asyncio.Task[Any]:
        """Run `work` beside the caller under a name that shows in stack dumps.

        It runs in a copy of the caller's context variables unless a context is given.
        """
        task = asyncio.get_running_loop().create_task(work, name=name, context=context)
        self._tasks.add(task)
        task.add_done_callback(self._on_done)
        return task

    def _on_done(self, task: asyncio.Task[Any]) -> None:
        self._tasks.discard(task)
        if task.cancelled() or task.exception() is None:
            return
        if self._failure is None:
            self._failure = task.exception()
        self.failed.set()

    def raise_failure(self) -> None:
        """Raise what the first failed task raised, if any did."""
        if self._failure is not None:
            raise self._failure

    async def aclose(self) -> None:
        """Cancel every task and wait until all have ended, those they start meanwhile too.

        A task may close its own owner: it is left out.
        """
        me = asyncio.current_task()
        while tasks := self._tasks - {me}:
            for task in tasks:
                task.cancel()
            # Not by awaiting each: a cancellation of the caller must reach the caller.
            await asyncio.wait(tasks, timeout=ASK_AGAIN_S)


class ReadAhead(Generic[T]):
    """Reads an iterator beside its caller, who takes the items when it wants them, or never.

    Args:
        items: what is read; closed at the end.
        tasks: owns the work.
        name: of the work.
        on_news: called after each item, and at the end.
    """

    def __init__(
        self,
        items: AsyncGenerator[T, None],
        tasks: TaskOwner,
        name: str,
        on_news: Callable[[], None] = lambda: None,
    ) -> None:
        self._items = items
        self._on_news = on_news
        self._news = asyncio.Event()
        self.made: list[T] = []
        """What came so far."""
        self.error: Exception | None = None
        """What ended it; None at a good end."""
        self._work = tasks.start(self._read(), name)

    @property
    def done(self) -> bool:
        """Whether nothing more will come."""
        return self._work.done()

    async def begun(self) -> bool:
        """Wait for the first item; False when there is none to come."""
        while not (self.made or self.done):
            self._news.clear()
            await self._news.wait()
        return bool(self.made)

    async def take(self) -> AsyncGenerator[T, None]:
        """Yield what came so far, and then the rest as it comes; once.

        Raises:
            Exception: what the iterator raised.
        """
        given = 0
        try:
            while True:
                while given < len(self.made):
                    yield self.made[given]
                    given += 1
                if self.done:
                    break
                self._news.clear()
                await self._news.wait()
            if self.error is not None:
                raise self.error
        finally:
            self.drop()

    def drop(self) -> None:
        """Read no more of it."""
        self._work.cancel()

    async def _read(self) -> None:
        try:
            async with contextlib.aclosing(self._items) as items:
                async for item in items:
                    self.made.append(item)
                    self._tell()
        except Exception as error:  # noqa: BLE001 - whoever takes it hears of it
            self.error = error
        finally:
            self._tell()

    def _tell(self) -> None:
        self._news.set()
        self._on_news()
