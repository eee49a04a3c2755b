"""Rings timers and alarms when their time comes, and tells what was missed.

That something rings is on disk before it sounds, and stays there until it is finished: around a
power cut nothing rings twice, and nothing is lost without a word.

The wall clock may be set while an alarm is waited for. No sleep is longer than a second, so that
this is noticed; `timerfd` could wake up by itself (TFD_TIMER_CANCEL_ON_SET), but one comparison a
second costs nothing beside the ear's hundred wake-ups, and works under a virtual clock too.
"""

from __future__ import annotations

import asyncio
import datetime
from collections.abc import Callable
from dataclasses import dataclass

from xtalk_edge.clock import now_s, wall_now
from xtalk_edge.tools.timekeeping.alarm_service import AlarmService
from xtalk_edge.tools.timekeeping.ringing import MissedRings, Ring
from xtalk_edge.tools.timekeeping.timer_service import TimerService, tolerated

LOOK_EVERY_S = 1.0
"""How soon a wall clock that was set is noticed."""

JUMP_S = 1.0
"""Network time slews by half a millisecond a second and steps what is more than 0.4 s off; less
than a second of it is not worth a correction."""

SAVE_EVERY_S = 60.0
"""A power cut costs a board without a clock at most this much of a timer's truth."""

RECENT_S = 10 * 60.0
"""How long after the end of a ring "snooze" still means it: who dozed off again."""


@dataclass(slots=True)
class _Heard:
    ring: Ring
    last_s: float


class Bell:
    """The timers and alarms of one appliance, and what rings of them."""

    def __init__(
        self,
        timers: TimerService,
        alarms: AlarmService,
        wall_now: Callable[[], datetime.datetime] = wall_now,
        look_every_s: float = LOOK_EVERY_S,
    ) -> None:
        self.timers = timers
        self.alarms = alarms
        self.on_ring: Callable[[Ring | MissedRings], None] = lambda _ring: None
        """Called on the loop; must not block. Whoever gets it calls `finished` in the end."""
        self._wall_now = wall_now
        self._look_every_s = look_every_s
        self._heard: dict[str, _Heard] = {}
        self._changed = asyncio.Event()
        self._ahead_s = 0.0
        """How far the wall clock is ahead of the monotonic one."""
        timers.on_change = alarms.on_change = self._changed.set

    async def run(self) -> None:
        """Ring until cancelled; what was missed while the device was off is told first."""
        self._ahead_s = self._wall_ahead_s()
        missed = [*self.timers.take_cut_off(), *self.alarms.take_cut_off()]
        saved_s = now_s()
        while True:
            self._changed.clear()
            self._notice_jump()
            self._ring_due(missed)
            missed = []
            if now_s() - saved_s >= SAVE_EVERY_S:
                self.timers.save()
                saved_s = now_s()
            try:
                async with asyncio.timeout(self._wait_s()):
                    await self._changed.wait()
            except TimeoutError:
                continue

    def _wall_ahead_s(self) -> float:
        return self._wall_now().timestamp() - now_s()

    def _notice_jump(self) -> None:
        ahead_s = self._wall_ahead_s()
        jump_s = ahead_s - self._ahead_s
        if abs(jump_s) > JUMP_S:
            self._ahead_s = ahead_s
            self.timers.clock_jumped(forward=jump_s > 0)
            self.alarms.clock_jumped(forward=jump_s > 0)

    def _ring_due(self, missed: list[Ring]) -> None:
        for ring in [*self.timers.take_due(), *self.alarms.take_due()]:
            if ring.missed:
                missed = [*missed, ring]
                continue
            self._heard[ring.occurrence] = _Heard(ring, now_s())
            self.on_ring(ring)
        if missed:
            self.on_ring(MissedRings(tuple(missed)))

    def _wait_s(self) -> float | None:
        waits = [wait for wait in (self.timers.next_s(), self.alarms.next_s()) if wait is not None]
        return min(*waits, self._look_every_s) if waits else None

    # -- what rings ------------------------------------------------------------------------

    def finished(self, ring: Ring | MissedRings) -> None:
        """Take a ring as over, or what was missed as told; it is then forgotten on disk."""
        for each in ring.rings if isinstance(ring, MissedRings) else (ring,):
            if each.occurrence in self._heard:
                self._heard[each.occurrence].last_s = now_s()
            with tolerated():
                (self.timers if each.day is None else self.alarms).finish(each.id)

    def recent(self, within_s: float = RECENT_S) -> list[Ring]:
        """Return what rings or rang lately, the latest last."""
        lately = [each for each in self._heard.values() if now_s() - each.last_s <= RECENT_S]
        self._heard = {each.ring.occurrence: each for each in lately}
        heard = [each for each in lately if now_s() - each.last_s <= within_s]
        return [each.ring for each in sorted(heard, key=lambda each: each.last_s)]

    def silence(self, ring: Ring) -> None:
        """Take a ring as over and no longer as recent: the owner has dealt with it."""
        self.finished(ring)
        self._heard.pop(ring.occurrence, None)

    def snooze(self, ring: Ring, minutes: float) -> None:
        """End a ring, and ring again in that many minutes.

        Raises:
            EdgeError: it could not be saved; the ring goes on.
        """
        # A timer is called by its name alone, an alarm by its whole title.
        name = ring.title.removesuffix(" timer") if ring.kind == "timer" else ring.title
        self.timers.add(60 * minutes, name, ring.kind)
        self.silence(ring)


class AllTimers:
    """Every running timer, to be counted and cleared."""

    def __init__(self, bell: Bell) -> None:
        self._bell = bell

    def count(self) -> int:
        """Return how many there are."""
        return len(self._bell.timers.timers())

    def clear(self) -> None:
        """Cancel them all."""
        self._bell.timers.clear()


class AllAlarms:
    """Every alarm, snoozed ones included, to be counted and cleared."""

    def __init__(self, bell: Bell) -> None:
        self._bell = bell

    def count(self) -> int:
        """Return how many there are."""
        return len(self._bell.alarms.alarms()) + len(self._bell.timers.snoozed())

    def clear(self) -> None:
        """Cancel them all."""
        self._bell.timers.clear("alarm")
        self._bell.alarms.clear()
