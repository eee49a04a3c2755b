"""On which days and at which instants an alarm rings (pure).

Alarms follow the clock on the wall. A time that daylight saving skips is rung at the first moment
after it, a time that comes twice at the first.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterator, Set

from xtalk_edge.store.alarms import AlarmRule

SATURDAY = 5
"""Of `date.weekday()`."""

LONGEST_GAP_DAYS = 8
"""A week, and a day for the zone: a rule that still rings does so at least that often."""

ONE_DAY = datetime.timedelta(days=1)
ONE_SECOND = datetime.timedelta(seconds=1)


def occurs_on(rule: AlarmRule, day: datetime.date) -> bool:
    """Tell whether an alarm is meant to ring on that day."""
    if day < rule.first_day:
        return False
    match rule.repeat:
        case "daily":
            return True
        case "weekdays":
            return day.weekday() < SATURDAY
        case "weekends":
            return day.weekday() >= SATURDAY
        case "weekly":
            return day.weekday() == rule.first_day.weekday()
        case _:
            return day == rule.first_day


def instant_on(rule: AlarmRule, day: datetime.date, zone: datetime.tzinfo) -> datetime.datetime:
    """Return when an alarm of that zone rings on a day, in UTC.

    UTC, because two times of one zone are compared by what the clock shows: around the end of
    daylight saving that is wrong.
    """
    wanted = datetime.datetime.combine(day, datetime.time(rule.hour, rule.minute))
    moment = wanted.replace(tzinfo=zone).astimezone(datetime.UTC)
    if moment.astimezone(zone).replace(tzinfo=None) == wanted:
        return moment
    # The time is skipped: with the offset before the gap, as above, it is read as a moment behind
    # the gap, with the offset after the gap as one before it.
    late, early = moment, wanted.replace(tzinfo=zone, fold=1).astimezone(datetime.UTC)
    after_gap = late.astimezone(zone).utcoffset()
    while late - early > ONE_SECOND:
        middle = early + (late - early) / 2
        if middle.astimezone(zone).utcoffset() == after_gap:
            late = middle
        else:
            early = middle
    return late.replace(microsecond=0)


def next_occurrence(
    rule: AlarmRule, now_local: datetime.datetime, days_done: Set[datetime.date] = frozenset()
) -> datetime.datetime | None:
    """Return when an alarm rings next after `now_local`, in its zone; None when it never does."""
    day = next_day(rule, now_local, days_done)
    zone = _zone(now_local)
    return None if day is None else instant_on(rule, day, zone).astimezone(zone)


def next_day(
    rule: AlarmRule, now_local: datetime.datetime, days_done: Set[datetime.date] = frozenset()
) -> datetime.date | None:
    """Return the day of the next ring after `now_local`; None when there is none."""
    zone = _zone(now_local)
    for day in _days_from(rule, now_local.date()):
        if day not in days_done and instant_on(rule, day, zone) > now_local:
            return day
    return None


def last_day(rule: AlarmRule, now_local: datetime.datetime) -> datetime.date | None:
    """Return the day of the latest ring until `now_local`; None when there was none yet."""
    zone = _zone(now_local)
    day = now_local.date() if rule.repeat else rule.first_day
    for _ in range(LONGEST_GAP_DAYS):
        if occurs_on(rule, day) and instant_on(rule, day, zone) <= now_local:
            return day
        day -= ONE_DAY
    return None


def _days_from(rule: AlarmRule, today: datetime.date) -> Iterator[datetime.date]:
    if not rule.repeat:
        yield rule.first_day
        return
    # From yesterday: where a whole day is skipped, yesterday's alarm rings today.
    day = max(rule.first_day, today - ONE_DAY)
    while True:
        if occurs_on(rule, day):
            yield day
        day += ONE_DAY


def _zone(now_local: datetime.datetime) -> datetime.tzinfo:
    assert now_local.tzinfo is not None, "a local time must know its zone"
    return now_local.tzinfo
