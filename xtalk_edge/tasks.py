"""Every task has an owner that awaits it."""

from __future__ import annotations

import asyncio
import contextvars
from collections.abc import Coroutine
from typing import Any


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
            await asyncio.wait(tasks)
