"""Timers that follow elapsed time and survive a power cut; snoozed alarms are timers too.

While the device runs, a timer follows the monotonic clock, so that a corrected wall clock moves
nothing. The store keeps where it would end on the wall clock and what was left when last saved;
after a restart the sooner of the two counts. A board without a battery clock starts in the past
and learns the time later: until that jump, what was restored keeps its end on the wall clock.
"""

from __future__ import annotations

import contextlib
import datetime
import logging
import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from xtalk_edge.clock import now_s, wall_now
from xtalk_edge.errors import EdgeError
from xtalk_edge.store.timers import TimerTable
from xtalk_edge.tools.spoken import span_words
from xtalk_edge.tools.timekeeping.ringing import Ring

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Timer:
    """A running timer."""

    id: int
    name: str
    """What the owner called it; "" when unnamed; the whole title of a snoozed alarm."""
    duration_s: float
    ends_s: float
    """When it rings, in the loop's monotonic seconds."""
    kind: str = "timer"
    """ "timer" or "alarm"."""
    set_s: float = -math.inf
    """When it was last set or changed, in the same seconds; long ago before a restart."""
    ends_at: datetime.datetime | None = None
    """When it rings on the wall clock, as long as that may be the better witness."""

    def left_s(self) -> float:
        """Return the seconds until it rings."""
        return max(0.0, self.ends_s - now_s())

    def title(self) -> str:
        """Return "pasta timer" or "five minute timer", for use after "your" or "the"."""
        if self.kind == "alarm":
            return self.name
        return f"{self.name} timer" if self.name else f"{span_words(self.duration_s)} timer"


class TimerService:
    """Keeps the timers; whoever runs them asks `take_due` and finishes what it rang.

    Raises (all that change something):
        EdgeError: it could not be saved, and nothing was changed.
    """

    def __init__(
        self, table: TimerTable, wall_now: Callable[[], datetime.datetime] = wall_now
    ) -> None:
        self.on_change: Callable[[], None] = lambda: None
        """Called when there may be something to ring sooner."""
        self._table = table
        self._wall_now = wall_now
        self._timers: dict[int, Timer] = {}
        self._cut_off: list[Ring] = []
        self._restored = False

    def timers(self) -> list[Timer]:
        """Return the running timers, the first to end first."""
        return [timer for timer in self.running() if timer.kind == "timer"]

    def snoozed(self) -> list[Timer]:
        """Return the snoozed alarms, the first to ring first."""
        return [timer for timer in self.running() if timer.kind == "alarm"]

    def running(self) -> list[Timer]:
        """Return all that counts down, the first to end first."""
        self._restore()
        return sorted(self._timers.values(), key=lambda timer: (timer.ends_s, timer.id))

    def add(self, duration_s: float, name: str = "", kind: str = "timer") -> Timer:
        """Start a timer, or a snoozed alarm; it is on disk when this returns."""
        self._restore()
        stored = self._table.add(name, duration_s, self._wall_now(), kind)
        return self._keep(Timer(stored.id, name, duration_s, now_s() + duration_s, kind, now_s()))

    def change(self, timer: Timer, left_s: float, duration_s: float) -> Timer:
        """Let a timer end `left_s` from now and have that length; return it as it is now."""
        self._table.change(timer.id, duration_s, left_s, self._wall_now())
        return self._keep(
            replace(
                timer,
                duration_s=duration_s,
                ends_s=now_s() + left_s,
                set_s=now_s(),
                ends_at=None,
            )
        )

    def _keep(self, timer: Timer) -> Timer:
        self._timers[timer.id] = timer
        self.on_change()
        return timer

    def cancel(self, timer: Timer) -> None:
        """Forget a timer; it will not ring."""
        self._table.remove(timer.id)
        self._timers.pop(timer.id, None)
        self.on_change()

    def clear(self, kind: str = "timer") -> None:
        """Forget every running timer, or every snoozed alarm."""
        self._restore()
        self._table.clear(kind)
        self._timers = {
            timer_id: timer for timer_id, timer in self._timers.items() if timer.kind != kind
        }
        self.on_change()

    def _restore(self) -> None:
        if self._restored:
            return
        self._restored = True
        wall = self._wall_now()
        for stored in self._table.all():
            # More cannot be left than when it was last saved, even if the clock says so.
            left_s = min(stored.remaining_s, (stored.ends_at - wall).total_seconds())
            timer = Timer(
                stored.id, stored.name, stored.duration_s, now_s() + left_s, stored.kind,
                ends_at=stored.ends_at,
            )  # fmt: skip
            if stored.rang_at is None:
                self._timers[stored.id] = timer
            else:
                self._cut_off.append(Ring(timer.kind, timer.id, timer.title(), cut_off=True))

    # -- for whoever rings -----------------------------------------------------------------

    def take_cut_off(self) -> list[Ring]:
        """Return, once, what was ringing when the device was last stopped."""
        self._restore()
        cut_off, self._cut_off = self._cut_off, []
        return cut_off

    def take_due(self) -> list[Ring]:
        """Return each timer that has ended; that it rings is on disk by then."""
        due = [timer for timer in self.running() if timer.ends_s <= now_s()]
        return [self._take(timer) for timer in due]

    def _take(self, timer: Timer) -> Ring:
        del self._timers[timer.id]
        with tolerated():
            self._table.mark_rang(timer.id, self._wall_now())
        return Ring(timer.kind, timer.id, timer.title(), now_s() - timer.ends_s)

    def next_s(self) -> float | None:
        """Return the seconds until the next timer ends; None when none is running."""
        running = self.running()
        return running[0].left_s() if running else None

    def finish(self, timer_id: int) -> None:
        """Forget a timer that has rung."""
        self._table.remove(timer_id)

    def clock_jumped(self, forward: bool) -> None:
        """Take the wall clock's correction into account."""
        if forward:
            self._trust_wall()
        self.save()

    def _trust_wall(self) -> None:
        wall = self._wall_now()
        for timer in self.running():
            if timer.ends_at is not None:
                ends_s = now_s() + (timer.ends_at - wall).total_seconds()
                self._timers[timer.id] = replace(
                    timer, ends_s=min(timer.ends_s, ends_s), ends_at=None
                )

    def save(self) -> None:
        """Record what is left, for the next start."""
        wall = self._wall_now()
        for timer in self.running():
            if left_s := timer.left_s():
                ends_at = timer.ends_at or wall + datetime.timedelta(seconds=left_s)
                with tolerated():
                    self._table.save_remaining(timer.id, left_s, ends_at, wall)


@contextlib.contextmanager
def tolerated() -> Iterator[None]:
    """Log that something was not saved: a full disk must not silence what is still to ring."""
    try:
        yield
    except EdgeError as error:
        logger.error("timer or alarm not saved: %s", error)
