"""Rewriting that makes way at once."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from xtalk_edge.engines.interfaces import Rewriter
from xtalk_edge.engines.worker import Worker
from xtalk_edge.managers.base import Manager


class Rewriting:
    """Has one text at a time rewritten in the background; a newer one replaces it.

    Args:
        manager: whose work it is.
        rewriter: what rewrites.
        worker: where it runs.
        done: is given what came of a text, unless nothing did.
    """

    def __init__(
        self, manager: Manager, rewriter: Rewriter, worker: Worker, done: Callable[[str], None]
    ) -> None:
        self._manager = manager
        self._rewriter = rewriter
        self._worker = worker
        self._done = done
        self._task: asyncio.Task[None] | None = None
        self._working = False

    def start(self, text: str) -> None:
        """Begin."""
        self.stop()
        self._task = self._manager.tasks.start(self._run(text), "rewriting")

    def stop(self) -> None:
        """Throw away what is being rewritten; it may be said again, and costs nothing then."""
        if self._task is not None:
            self._task.cancel()
        if self._working:
            self._rewriter.abort()

    async def _run(self, text: str) -> None:
        try:
            rewritten = await self._worker.run(self._work, text)
        except Exception as error:  # noqa: BLE001 - an engine may raise anything; it is not needed
            self._manager.report(
                error, error_type="rewriter_error", component="rewriter", turn_id=0
            )
            return
        if rewritten:
            self._done(rewritten)

    def _work(self, text: str) -> str:
        self._working = True
        try:
            return self._rewriter.rewrite(text)
        finally:
            self._working = False
