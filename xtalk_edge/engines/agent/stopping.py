"""Ends an answer from outside, also one that nobody reads any more."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncGenerator, AsyncIterator

from xtalk_edge.engines.agent.abort import AbortFlag
from xtalk_edge.engines.agent.generation import Decision


class Stop:
    """Ends one answer, whichever round it is in."""

    def __init__(self) -> None:
        self.stopped = False
        self.stream: AsyncIterator[str | Decision] | None = None
        """What the worker is writing."""
        self._flag = AbortFlag()

    def renew(self) -> AbortFlag:
        """Return the flag of the next round."""
        if not self.stopped:
            self._flag = AbortFlag()
        return self._flag

    def stop(self) -> None:
        """Stop now and for good."""
        self.stopped = True
        self._flag.set()

    async def make_way(self) -> None:
        """Stop, and free the worker also from a stream that nobody reads any more."""
        self.stop()
        await self.free_worker()

    async def free_worker(self) -> None:
        """Have the worker write no more of what it was writing."""
        self._flag.set()
        # One that is being read at this moment cannot be closed, and need not be.
        with contextlib.suppress(RuntimeError):
            if isinstance(self.stream, AsyncGenerator):
                await self.stream.aclose()
