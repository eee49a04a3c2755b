"""Speech that is made before it is certain that it will be said."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator

from xtalk_edge.engines.interfaces import SpeechChunk
from xtalk_edge.tasks import TaskOwner


class PreparedSpeech:
    """One clause in the making; nothing of it is heard before somebody takes it.

    Args:
        text: the clause.
        chunks: its speech; closed at the end.
        tasks: owns the work.
    """

    def __init__(self, text: str, chunks: AsyncIterator[SpeechChunk], tasks: TaskOwner) -> None:
        self.text = text
        self._chunks = chunks
        self._made: list[SpeechChunk] = []
        self._news = asyncio.Event()
        self._error: Exception | None = None
        self._work = tasks.start(self._make(), "speech ahead")

    async def take(self) -> AsyncIterator[SpeechChunk]:
        """Yield what is made, and then the rest as it comes.

        Raises:
            Exception: what the voice raised.
        """
        given = 0
        try:
            while True:
                while given < len(self._made):
                    yield self._made[given]
                    given += 1
                if self._work.done():
                    break
                self._news.clear()
                await self._news.wait()
            if self._error is not None:
                raise self._error
        finally:
            self.drop()

    def drop(self) -> None:
        """Make no more of it."""
        self._work.cancel()

    async def _make(self) -> None:
        try:
            async with contextlib.aclosing(self._chunks) as chunks:  # type: ignore[type-var]
                async for chunk in chunks:
                    self._made.append(chunk)
                    self._news.set()
        except Exception as error:  # noqa: BLE001 - an engine may raise anything; who takes it hears
            self._error = error
        finally:
            self._news.set()
