"""Alarms that follow the wall clock and survive a power cut.

An alarm rings once a day at most. The days it has rung on are remembered, so that a clock that is
put back rings nothing twice, and one that had run far ahead does not leave it silent.
"""

from __future__ import annotations

import datetime
import math
from collections.abc import Callable
from dataclasses import replace

from xtalk_edge.clock import now_s, wall_now
from xtalk_edge.store.alarms import AlarmRule, AlarmTable, StoredAlarm
from xtalk_edge.tools.timekeeping.alarm_words import alarm_title
from xtalk_edge.tools.timekeeping.recurrence import instant_on, last_day, next_day
from xtalk_edge.tools.timekeeping.ringing import Ring
from xtalk_edge.tools.timekeeping.timer_service import tolerated
from xtalk_edge.tools.timekeeping.zone import local_zone

JUST_SET_S = 60.0
"""Who says "make it eight" within a minute means the alarm just set, whatever others there are."""


class AlarmService:
    """Keeps the alarms; whoever runs them asks `take_due` and finishes what it rang.

    Raises (all that change something):
        EdgeError: it could not be saved, and nothing was changed.
    """

    def __init__(
        self,
        table: AlarmTable,
        wall_now: Callable[[], datetime.datetime] = wall_now,
        zone: datetime.tzinfo | None = None,
    ) -> None:
        self.on_change: Callable[[], None] = lambda: None
        """Called when there may be something to ring sooner."""
        self._table = table
        self._wall_now = wall_now
        self._zone = zone or local_zone()
        self._alarms: dict[int, StoredAlarm] = {}
        self._next_at: dict[int, datetime.datetime] = {}
        """When each alarm that will ring does so next, in UTC; asked every second."""
        self._set_s: dict[int, float] = {}
        self._cut_off: list[Ring] = []
        self._restored = False

    def now(self) -> datetime.datetime:
        """Return the local time that alarms go by."""
        return self._wall_now().astimezone(self._zone)

    def alarms(self) -> list[StoredAlarm]:
        """Return the alarms that will ring, the first to ring first."""
        self._restore()
        waiting = sorted(self._next_at, key=lambda alarm_id: (self._next_at[alarm_id], alarm_id))
        return [self._alarms[alarm_id] for alarm_id in waiting]

    def add(self, rule: AlarmRule, name: str = "") -> StoredAlarm:
        """Set an alarm; it is on disk when this returns."""
        self._restore()
        return self._set(self._table.add(name, rule, self._first_day(rule)))

    def change(self, alarm: StoredAlarm, rule: AlarmRule) -> StoredAlarm:
        """Give an alarm another rule; return it as it is now."""
        day = self._first_day(rule)
        self._table.change(alarm.id, rule, day)
        return self._set(StoredAlarm(alarm.id, alarm.name, rule, day))

    def was_just_set(self, alarm: StoredAlarm) -> bool:
        """Tell whether an alarm was set or changed so lately that "it" means this one."""
        return now_s() - self._set_s.get(alarm.id, -math.inf) <= JUST_SET_S

    def _first_day(self, rule: AlarmRule) -> datetime.date:
        # A rule whose only time has just passed rings at once.
        return next_day(rule, self.now()) or rule.first_day

    def skip(self, alarm: StoredAlarm, day: datetime.date) -> StoredAlarm:
        """Let an alarm not ring on a day; return it as it is now."""
        done = alarm.days_done | {day}
        after = next_day(alarm.rule, self.now(), done)
        self._table.skip(alarm.id, day, after)
        return self._keep(replace(alarm, next_day=after, days_done=done))

    def _set(self, alarm: StoredAlarm) -> StoredAlarm:
        self._set_s[alarm.id] = now_s()
        return self._keep(alarm)

    def _keep(self, alarm: StoredAlarm) -> StoredAlarm:
        self._put(alarm)
        self.on_change()
        return alarm

    def _put(self, alarm: StoredAlarm) -> None:
        self._alarms[alarm.id] = alarm
        self._next_at.pop(alarm.id, None)
        if alarm.next_day is not None:
            self._next_at[alarm.id] = instant_on(alarm.rule, alarm.next_day, self._zone)

    def cancel(self, alarm: StoredAlarm) -> None:
        """Forget an alarm; it will not ring."""
        self._table.remove(alarm.id)
        self._alarms.pop(alarm.id, None)
        self._next_at.pop(alarm.id, None)
        self.on_change()

    def clear(self) -> None:
        """Forget every alarm."""
        self._table.clear()
        self._alarms, self._next_at = {}, {}
        self.on_change()

    def _restore(self) -> None:
        if self._restored:
            return
        self._restored = True
        for alarm in self._table.all():
            self._put(alarm)
            if alarm.rang_day is not None:
                title = alarm_title(alarm.name, alarm.rule)
                self._cut_off.append(
                    Ring("alarm", alarm.id, title, day=alarm.rang_day, cut_off=True)
                )
        self._plan_sooner()

    # -- for whoever rings -----------------------------------------------------------------

    def take_cut_off(self) -> list[Ring]:
        """Return, once, what was ringing when the device was last stopped."""
        self._restore()
        cut_off, self._cut_off = self._cut_off, []
        return cut_off

    def take_due(self) -> list[Ring]:
        """Return each alarm whose time has come, once however often that was meanwhile.

        That it rings is on disk by then.
        """
        now = self.now()
        due = [alarm for alarm in self.alarms() if self._next_at[alarm.id] <= now]
        return [ring for alarm in due if (ring := self._take(alarm, now)) is not None]

    def _take(self, alarm: StoredAlarm, now: datetime.datetime) -> Ring | None:
        day = last_day(alarm.rule, now)
        assert day is not None  # it is due
        done = alarm.days_done | {day}
        after = next_day(alarm.rule, now, done)
        self._put(replace(alarm, next_day=after, days_done=done))
        if day in alarm.days_done:
            with tolerated():
                self._table.skip(alarm.id, day, after)
            return None
        with tolerated():
            self._table.mark_rang(alarm.id, day, after)
        late_s = (now - instant_on(alarm.rule, day, self._zone)).total_seconds()
        return Ring("alarm", alarm.id, alarm_title(alarm.name, alarm.rule), late_s, day)

    def next_s(self) -> float | None:
        """Return the seconds until the next alarm; None when none is set."""
        self._restore()
        soonest = min(self._next_at.values(), default=None)
        return None if soonest is None else (soonest - self.now()).total_seconds()

    def finish(self, alarm_id: int) -> None:
        """Take a ring as over; an alarm that rings no more is forgotten."""
        self._table.finish(alarm_id)
        alarm = self._alarms.get(alarm_id)
        if alarm is not None and alarm.next_day is None:
            del self._alarms[alarm_id]

    def clock_jumped(self, forward: bool) -> None:
        """Take the wall clock's correction into account."""
        if not forward:
            self._plan_sooner()

    def _plan_sooner(self) -> None:
        """Let alarms ring on days that lie ahead again, unless they have rung then."""
        now = self.now()
        for alarm in [*self._alarms.values()]:
            day = next_day(alarm.rule, now, alarm.days_done) if alarm.rule.repeat else None
            if day is not None and alarm.next_day is not None and day < alarm.next_day:
                self._put(replace(alarm, next_day=day))
