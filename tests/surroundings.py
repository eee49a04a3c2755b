"""What surrounds a device that runs in another process: a board on a pty, and a server that may
answer, both on a loop in a thread of their own.
"""

from __future__ import annotations

import asyncio
import concurrent.futures
import threading

from firmware_bridge.simulator import BoardSimulator
from tests.fake_xtalk import FakeXTalk

PATIENCE_S = 20.0


class Surroundings:
    """Starts them; `with` it."""

    def __init__(self) -> None:
        self._there = concurrent.futures.Future[tuple[BoardSimulator, FakeXTalk]]()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._live()), daemon=True)

    def __enter__(self) -> Surroundings:
        self._thread.start()
        self.board, self.server = self._there.result(PATIENCE_S)
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._end.set)
        self._thread.join(PATIENCE_S)

    async def _live(self) -> None:
        self._loop, self._end = asyncio.get_running_loop(), asyncio.Event()
        try:
            async with BoardSimulator() as board, FakeXTalk("G1", plugin=True) as server:
                self._there.set_result((board, server))
                await self._end.wait()
        except BaseException as error:
            if not self._there.done():
                self._there.set_exception(error)
            raise

    def mute_switch(self, on: bool) -> None:
        """Move the board's mute switch."""
        self._loop.call_soon_threadsafe(self.board.mute, on)
