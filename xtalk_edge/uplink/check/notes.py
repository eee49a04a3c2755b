"""What a server told during a visit, for whoever waits for more."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from typing import TypeVar

from xtalk_edge.clock import now_s
from xtalk_edge.uplink.news import News
from xtalk_edge.uplink.xtalk.facts import Fact

F = TypeVar("F")


class VisitNotes:
    """Keeps everything that is told, with the time; ends when the connection does."""

    def __init__(self) -> None:
        self.told: list[tuple[float, Fact]] = []
        """Each fact behind the time at which it came."""
        self.are_complete = False
        """Whether nothing more comes."""
        self._news = News()

    def add(self, fact: Fact) -> None:
        """Take what is told now."""
        self.told.append((now_s(), fact))
        self._news.tell()

    def end(self, _task: object = None) -> None:
        """Nothing more is told."""
        self.are_complete = True
        self._news.tell()

    def of(self, kind: type[F]) -> list[F]:
        """Return what was told of a kind, in order."""
        return [fact for _, fact in self.told if isinstance(fact, kind)]

    async def until(self, is_enough: Callable[[], bool], patience_s: float) -> None:
        """Wait until enough was told; not beyond the end, and not for ever."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(patience_s):
                while not (is_enough() or self.are_complete):
                    await self._news.next()
