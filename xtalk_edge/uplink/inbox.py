"""What was told and not taken yet, for one who waits for it."""

from __future__ import annotations

from collections import deque
from collections.abc import AsyncIterator
from typing import Generic, TypeVar

from xtalk_edge.errors import UplinkError
from xtalk_edge.uplink.news import News

T = TypeVar("T")

MOST_BYTES = 32 * 2**20
"""Sound comes as fast as it is made; a reply of five minutes is 28 MB, and who listens longer?"""
MOST_ITEMS = 20_000
"""A reply of five minutes in words and pieces of 100 ms has some 4,000."""


class Inbox(Generic[T]):
    """Keeps things in order until they are taken; ends by an error."""

    def __init__(self) -> None:
        self._items: deque[tuple[T, int]] = deque()
        self._bytes = 0
        self._news = News()
        self._error: UplinkError | None = None

    def put(self, item: T, n_bytes: int = 0) -> None:
        """Add something; what nobody takes ends it all."""
        if self._error is not None:
            return
        if self._bytes + n_bytes > MOST_BYTES or len(self._items) >= MOST_ITEMS:
            self.fail(UplinkError("the server sent more than can be kept"))
            return
        self._items.append((item, n_bytes))
        self._bytes += n_bytes
        self._news.tell()

    def fail(self, error: UplinkError) -> None:
        """End it: whoever takes gets what is there, and then this error."""
        self._error = self._error or error
        self._news.tell()

    async def __aiter__(self) -> AsyncIterator[T]:
        """Yield everything in order.

        Raises:
            UplinkError: it was ended.
        """
        while True:
            while self._items:
                item, n_bytes = self._items.popleft()
                self._bytes -= n_bytes
                yield item
            if self._error is not None:
                raise self._error
            await self._news.next()
