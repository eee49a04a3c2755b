"""A blocking read that may never come back, kept away from the event loop.

asyncio's own threads are joined when the program ends, so a dead network disk would hold it up
for ever; these are daemons, and each reader has one at most.
"""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Callable
from typing import TypeVar

from xtalk_edge.clock import is_virtual
from xtalk_edge.errors import EdgeError

T = TypeVar("T")


class StillReadingError(EdgeError):
    """The read before this one has not come back."""


class OffLoop:
    """Runs one blocking call at a time on a thread that nobody waits for."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._busy = False

    async def run(self, call: Callable[[], T]) -> T:
        """Return what the call returns; its errors are raised here. Inline in virtual time.

        Raises:
            StillReadingError: an earlier call was given up and still hangs.
        """
        if is_virtual():
            return call()
        if self._busy:
            raise StillReadingError(f"{self._name} does not answer; check the disk it is on")
        loop = asyncio.get_running_loop()
        result: asyncio.Future[T] = loop.create_future()

        def finish(settle: Callable[[], None]) -> None:
            self._busy = False
            if not result.done():
                settle()

        def work() -> None:
            settle: Callable[[], None]
            try:
                value = call()
            except (OSError, ValueError, EdgeError) as error:
                problem = error
                settle = lambda: result.set_exception(problem)  # noqa: E731
            else:
                settle = lambda: result.set_result(value)  # noqa: E731
            # A loop that is closed meanwhile has nobody left to tell.
            with contextlib.suppress(RuntimeError):
                loop.call_soon_threadsafe(finish, settle)

        self._busy = True
        threading.Thread(target=work, name=self._name, daemon=True).start()
        return await result
