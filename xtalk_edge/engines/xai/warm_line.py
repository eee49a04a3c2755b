"""A connection that is there before it is needed."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine
from typing import Any

from xtalk_edge.clock import now_s
from xtalk_edge.engines.xai.line import HEARTBEAT_S, Line
from xtalk_edge.errors import UplinkError
from xtalk_edge.net.border import BORDER, Kind
from xtalk_edge.tasks import TaskOwner

log = logging.getLogger(__name__)

ALIVE_S = 5.0
"""For the answer to a heartbeat."""

WARM_S = 600.0
"""After it was used last, a connection is kept for so long: a conversation may go on. A device that
is left alone leaves the service alone."""

Query = dict[str, str]


class WarmLine:
    """Keeps one connection ready for one user at a time; lives on one event loop.

    A connection is taken, used, and given back, or dropped where anything may still come on it.

    Args:
        open: makes a connection for a query; raises UplinkError.
        needed: what is sent on it; it is ended once that may not leave the device.
        tasks: what goes on beside.
        most_age_s: how old a connection may get; it is renewed before.
    """

    def __init__(
        self,
        open: Callable[[Query], Coroutine[Any, Any, Line]],
        needed: Kind,
        tasks: TaskOwner,
        most_age_s: float,
    ) -> None:
        self._open = open
        self._needed: Kind = needed
        self._tasks = tasks
        self._most_age_s = most_age_s
        self._line: Line | None = None
        """The one that is ready."""
        self._query: Query = {}
        """What it was made for, or the one that is being made."""
        self._opening: asyncio.Task[None] | None = None
        self._watching: asyncio.Task[None] | None = None
        self._used_s = 0.0

    def warm(self, query: Query) -> None:
        """Make a connection for that query beside, unless there is one."""
        self._used_s = now_s()
        self._begin(query)
        if self._watching is None or self._watching.done():
            self._watching = self._tasks.start(self._watch(), "xai warm line")

    async def take(self, query: Query) -> Line:
        """Return a connection on which nothing is under way.

        Raises:
            UplinkError: there is none to be had.
        """
        if self._opening is not None and self._query == query:
            # A second one would not be there earlier.
            await asyncio.wait((self._opening,))
        line, self._line = self._line, None
        if line is not None:
            is_right = self._query == query and line.age_s < self._most_age_s
            if is_right and await line.is_idle():
                return line
            self.drop(line)
        return await self._open(query)

    def give_back(self, line: Line, query: Query) -> None:
        """Take a connection back that was used to the end."""
        if self._line is not None:
            self.drop(self._line)
        self._line, self._query = line, query
        self.warm(query)

    def drop(self, line: Line) -> None:
        """End a connection; nobody waits for the farewell."""
        line.leave(self._tasks)

    def _begin(self, query: Query) -> None:
        is_there = self._line is not None or self._opening is not None
        if is_there and self._query == query:
            return
        self._discard()
        if self._opening is not None:
            self._opening.cancel()
        self._query = query
        self._opening = self._tasks.start(self._make(query), "xai warming")

    async def _make(self, query: Query) -> None:
        try:
            self._line = await self._open(query)
        except UplinkError as error:
            # Whoever needs one tries again, and tells the owner.
            log.info("no connection is ready: %s", error)
        finally:
            if self._query == query:
                self._opening = None

    async def _watch(self) -> None:
        """Renew the connection while it may be needed soon, and end it afterwards."""
        try:
            while self._is_wanted:
                await asyncio.sleep(HEARTBEAT_S)
                line = self._line
                if line is not None and self._is_wanted and not await self._is_fit(line):
                    self._discard()
                    self._begin(self._query)
        finally:
            self._discard()

    @property
    def _is_wanted(self) -> bool:
        return BORDER.is_open(self._needed) and now_s() < self._used_s + WARM_S

    async def _is_fit(self, line: Line) -> bool:
        """Tell whether a connection may be used at the next look; also if it is taken meanwhile."""
        if line.age_s + HEARTBEAT_S >= self._most_age_s:
            return False
        return await line.is_alive(ALIVE_S) or self._line is not line

    def _discard(self) -> None:
        line, self._line = self._line, None
        if line is not None:
            self.drop(line)
