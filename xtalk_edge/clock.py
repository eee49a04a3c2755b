"""Time: the loop's monotonic seconds, real or virtual, and the owner's wall clock.

All code asks `now_s()`; nothing reads the operating system's clock by itself. Under
`VirtualTimeLoop` the same code runs as fast as the machine can: time jumps to the next timer
when nothing is ready, and stands still while work is being done.
"""

from __future__ import annotations

import asyncio
import contextlib
import datetime
import selectors
import time
from collections.abc import Coroutine, Iterator, Mapping
from typing import Any, TypeVar

T = TypeVar("T")

A_MORNING = datetime.datetime(2026, 3, 2, 10, 10, tzinfo=datetime.UTC)
"""When virtual time begins, a Monday: what the device says of the time is part of what happens, and
a conversation with "It's 8:30 PM" in it may go unlike one with "It's 8:29 PM"."""


def now_s() -> float:
    """Return monotonic seconds: the running loop's time, or the system's outside a loop."""
    try:
        return asyncio.get_running_loop().time()
    except RuntimeError:
        return time.monotonic()


def wall_now() -> datetime.datetime:
    """Return the local date and time with its zone; virtual loops count on from their start."""
    try:
        loop = asyncio.get_running_loop()
    except RuntimeError:
        loop = None
    if isinstance(loop, VirtualTimeLoop):
        return loop.started_at + datetime.timedelta(seconds=loop.time())
    return datetime.datetime.now().astimezone()


def is_virtual() -> bool:
    """Tell whether the running loop's time is virtual, so that blocking work may run inline."""
    try:
        return isinstance(asyncio.get_running_loop(), VirtualTimeLoop)
    except RuntimeError:
        return False


@contextlib.contextmanager
def standing_still() -> Iterator[None]:
    """Let no virtual time pass while another machine is waited for; real time passes as ever."""
    if not is_virtual():
        yield
        return
    loop = asyncio.get_running_loop()
    waiting = True

    def go_round() -> None:
        if waiting:
            # Work that is ready keeps the loop from jumping; the pause leaves a core to others.
            time.sleep(_GLANCE_S)
            loop.call_soon(go_round)

    loop.call_soon(go_round)
    try:
        yield
    finally:
        waiting = False


_GLANCE_S = 0.0005


class _JumpingSelector(selectors.BaseSelector):
    """A selector that never waits for a timer: it moves the clock instead."""

    def __init__(self, loop: VirtualTimeLoop) -> None:
        self._real = selectors.DefaultSelector()
        self._loop = loop

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        """Return what is ready; else jump over `timeout`, or wait for real if there is no timer."""
        if timeout is None:
            return self._real.select(None)
        ready = self._real.select(0)
        if not ready and timeout > 0:
            self._loop.jump(timeout)
        return ready

    def register(self, fileobj: Any, events: int, data: Any = None) -> selectors.SelectorKey:
        """Watch a file."""
        return self._real.register(fileobj, events, data)

    def unregister(self, fileobj: Any) -> selectors.SelectorKey:
        """Stop watching a file."""
        return self._real.unregister(fileobj)

    def modify(self, fileobj: Any, events: int, data: Any = None) -> selectors.SelectorKey:
        """Change what is watched."""
        return self._real.modify(fileobj, events, data)

    def get_map(self) -> Mapping[Any, selectors.SelectorKey]:
        """Return the files being watched."""
        return self._real.get_map()

    def close(self) -> None:
        """Stop watching everything."""
        self._real.close()


class VirtualTimeLoop(asyncio.SelectorEventLoop):
    """An event loop whose clock starts at 0 and jumps from timer to timer."""

    def __init__(self, started_at: datetime.datetime = A_MORNING) -> None:
        self._virtual_s = 0.0
        self.started_at = started_at
        super().__init__(_JumpingSelector(self))

    def time(self) -> float:
        """Return virtual seconds since the loop was made."""
        return self._virtual_s

    def jump(self, seconds: float) -> None:
        """Move the clock forward."""
        self._virtual_s += seconds


def run_virtual(main: Coroutine[Any, Any, T], started_at: datetime.datetime = A_MORNING) -> T:
    """Run `main` to its end in virtual time, as `asyncio.run` does in real time."""
    with asyncio.Runner(loop_factory=lambda: VirtualTimeLoop(started_at)) as runner:
        return runner.run(main)
