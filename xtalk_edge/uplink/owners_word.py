"""Hears, on the running event loop, when the owner says "go offline" or "go online"."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Iterator

from xtalk_edge.net.border import BORDER


@contextlib.contextmanager
def heeding(told: Callable[[], object]) -> Iterator[None]:
    """Call back on this loop, whichever thread it was said on, as long as this is open."""
    loop = asyncio.get_running_loop()
    unwatch = BORDER.watch(lambda: loop.call_soon_threadsafe(told))
    try:
        yield
    finally:
        unwatch()
