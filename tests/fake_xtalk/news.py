"""Lets a test wait for a fact, whatever it is."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

PATIENCE_S = 10.0
"""After which a test that waits in vain fails; nothing on loopback takes as long."""


class News:
    """Wakes who waits whenever something has changed."""

    def __init__(self) -> None:
        self._changed = asyncio.Event()

    def tell(self) -> None:
        """Say that something is other than before."""
        self._changed.set()

    async def until(self, is_true: Callable[[], bool]) -> None:
        """Wait until something is true; it is looked at whenever something has changed."""
        async with asyncio.timeout(PATIENCE_S):
            while not is_true():
                self._changed.clear()
                await self._changed.wait()
