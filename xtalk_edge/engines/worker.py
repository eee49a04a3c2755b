"""One thread for one blocking engine.

Engines are neither thread-safe nor quick, so each gets a thread of its own and never the loop's.
In virtual time the work runs inline: time stands still meanwhile, and two runs of the same
conversation give the same events in the same order.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import ParamSpec, TypeVar

from xtalk_edge.clock import is_virtual

P = ParamSpec("P")
T = TypeVar("T")


class Worker:
    """Runs an engine's blocking calls one after another, off the event loop."""

    def __init__(self, name: str) -> None:
        self._executor = ThreadPoolExecutor(max_workers=1, thread_name_prefix=name)

    async def run(self, call: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Return what the call returns; its errors are raised here."""
        if is_virtual():
            return call(*args, **kwargs)
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._executor, lambda: call(*args, **kwargs))

    async def stream(self, make: Callable[[], Iterator[T]]) -> AsyncIterator[T]:
        """Yield the items of a blocking iterator as they come.

        Closing this iterator ends the blocking one at its next item.
        """
        if is_virtual():
            for item in make():
                yield item
                await asyncio.sleep(0)
            return
        loop = asyncio.get_running_loop()
        items: asyncio.Queue[tuple[bool, T | None]] = asyncio.Queue()
        stop = threading.Event()

        def put(more: bool, item: T | None) -> None:
            loop.call_soon_threadsafe(items.put_nowait, (more, item))

        def produce() -> None:
            try:
                for item in make():
                    if stop.is_set():
                        break
                    put(True, item)
            finally:
                put(False, None)

        job = loop.run_in_executor(self._executor, produce)
        try:
            while True:
                more, item = await items.get()
                if not more:
                    break
                yield item  # type: ignore[misc]
            await job
        finally:
            stop.set()

    def close(self) -> None:
        """Finish the running call and end the thread."""
        self._executor.shutdown(wait=True, cancel_futures=True)
