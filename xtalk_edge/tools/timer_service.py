"""Timers that ring on time and survive a power cut.

While the device runs, a timer follows the monotonic clock, so that a corrected wall clock moves
nothing. The store keeps where it would end on the wall clock and what was left when last saved:
the first tells what to do after a restart, the second is used when the wall clock then stands
before that moment, as it does on a board without a battery clock until the network answers.
"""

from __future__ import annotations

import asyncio
import contextlib
import datetime
import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from xtalk_edge.clock import now_s, wall_now
from xtalk_edge.errors import EdgeError
from xtalk_edge.store.timers import TimerTable
from xtalk_edge.tools.spoken import duration_words, span_words

logger = logging.getLogger(__name__)

SAVE_EVERY_S = 60.0
"""A power cut costs a board without a clock at most this much of a timer's truth."""

LATE_S = 5.0
"""A ring this late was missed, not just delayed by a busy device."""


@dataclass(frozen=True, slots=True)
class Timer:
    """A running timer."""

    id: int
    name: str
    """What the owner called it; "" when unnamed."""
    duration_s: float
    ends_s: float
    """When it rings, in the loop's monotonic seconds."""

    def left_s(self) -> float:
        """Return the seconds until it rings."""
        return max(0.0, self.ends_s - now_s())

    def title(self) -> str:
        """Return "pasta timer" or "five minute timer", for use after "your" or "the"."""
        return f"{self.name} timer" if self.name else f"{span_words(self.duration_s)} timer"


@dataclass(frozen=True, slots=True)
class TimerRing:
    """A timer that has ended."""

    timer: Timer
    late_s: float
    """How long ago it ended; more than a few seconds when the device was off meanwhile."""

    def sentence(self) -> str:
        """Return what the device says about it."""
        if self.late_s < LATE_S:
            return f"Your {self.timer.title()} is done."
        ago = duration_words(60 * (self.late_s // 60) or self.late_s)
        return f"Your {self.timer.title()} ended {ago} ago, while I was off."


class TimerService:
    """Keeps the timers and calls `on_ring` for each that ends, from `run`."""

    def __init__(
        self, table: TimerTable, wall_now: Callable[[], datetime.datetime] = wall_now
    ) -> None:
        self.on_ring: Callable[[TimerRing], None] = lambda _ring: None
        """Called on the loop; must not block. The timer is forgotten once it returned."""
        self._table = table
        self._wall_now = wall_now
        self._timers: dict[int, Timer] = {}
        self._changed = asyncio.Event()
        self._restored = False

    def timers(self) -> list[Timer]:
        """Return the running timers, the first to end first."""
        self._restore()
        return sorted(self._timers.values(), key=lambda timer: (timer.ends_s, timer.id))

    def add(self, duration_s: float, name: str = "") -> Timer:
        """Start a timer; it is on disk when this returns.

        Raises:
            EdgeError: it could not be saved, and was not started.
        """
        self._restore()
        stored = self._table.add(name, duration_s, self._wall_now())
        timer = Timer(stored.id, name, duration_s, now_s() + duration_s)
        self._timers[timer.id] = timer
        self._changed.set()
        return timer

    def cancel(self, timer: Timer) -> None:
        """Forget a timer; it will not ring."""
        self._table.remove(timer.id)
        self._timers.pop(timer.id, None)
        self._changed.set()

    def _restore(self) -> None:
        if self._restored:
            return
        self._restored = True
        wall = self._wall_now()
        for stored in self._table.all():
            clock_went_back = wall < stored.saved_at
            left_s = (
                stored.remaining_s if clock_went_back else (stored.ends_at - wall).total_seconds()
            )
            self._timers[stored.id] = Timer(
                stored.id, stored.name, stored.duration_s, now_s() + left_s
            )

    async def run(self) -> None:
        """Ring timers until cancelled; those that ended while the device was off ring first."""
        while True:
            self._changed.clear()
            for timer in self.timers():
                if timer.ends_s <= now_s():
                    self._ring(timer)
            running = self.timers()
            wait_s = min(running[0].left_s(), SAVE_EVERY_S) if running else None
            try:
                async with asyncio.timeout(wait_s):
                    await self._changed.wait()
            except TimeoutError:
                self._save()

    def _ring(self, timer: Timer) -> None:
        try:
            self.on_ring(TimerRing(timer, now_s() - timer.ends_s))
        finally:
            # After the ring: better twice around a power cut than never.
            self._timers.pop(timer.id, None)
            with _tolerated():
                self._table.remove(timer.id)

    def _save(self) -> None:
        for timer in self.timers():
            if left_s := timer.left_s():
                with _tolerated():
                    self._table.save_remaining(timer.id, left_s, self._wall_now())


@contextlib.contextmanager
def _tolerated() -> Iterator[None]:
    # A full disk must not silence the timers that are still to ring.
    try:
        yield
    except EdgeError as error:
        logger.error("timer not saved: %s", error)
