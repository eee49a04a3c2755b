"""Lets any number of tasks wait until something has changed."""

from __future__ import annotations

import asyncio


class News:
    """Whoever looked and found nothing waits for the next; what was told before is not repeated."""

    def __init__(self) -> None:
        self._waiting: list[asyncio.Future[None]] = []

    def tell(self) -> None:
        """Wake everybody who waits."""
        waiting, self._waiting = self._waiting, []
        for each in waiting:
            if not each.done():
                each.set_result(None)

    async def next(self, within_s: float | None = None) -> bool:
        """Wait for news; False if none comes within a time, None is for ever."""
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append(future)
        try:
            async with asyncio.timeout(within_s):
                await future
        except TimeoutError:
            return False
        return True
