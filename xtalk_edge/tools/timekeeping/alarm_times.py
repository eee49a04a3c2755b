"""From what was said about an alarm's time to the rule it follows (pure).

An hour without "am" or "pm" is the next such hour. On another day than today, and for alarms that
repeat, there is no next one to go by: there it is the hour at which people are awake.
"""

from __future__ import annotations

import datetime
from dataclasses import dataclass

from xtalk_edge.store.alarms import AlarmRule
from xtalk_edge.tools.timekeeping.recurrence import ONE_DAY, next_occurrence, occurs_on

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
DAYS = ("today", "tomorrow", *WEEKDAYS)
REPEATS = ("daily", "weekdays", "weekends", "weekly")

MORNING_HOURS = range(5, 12)
"""What an hour without "am" or "pm" means on another day: seven in the morning, but two in the
afternoon."""


class AlarmTimeError(ValueError):
    """The time makes no sense; the message is a sentence for the owner."""


@dataclass(frozen=True, slots=True)
class SaidTime:
    """What was said; None and "" for what was not."""

    hour: int | None = None
    minute: int | None = None
    period: str = ""
    day: str = ""
    repeat: str = ""


def day_named(word: str, today: datetime.date) -> datetime.date:
    """Return the day of a word of `DAYS`: the next one of that name, which may be today."""
    if word in ("today", "tomorrow"):
        return today + (ONE_DAY if word == "tomorrow" else datetime.timedelta())
    return today + datetime.timedelta(days=(WEEKDAYS.index(word) - today.weekday()) % 7)


def hours_meant(hour: int, period: str) -> tuple[int, ...]:
    """Return the hours of the day that are meant: two of an hour of the dial without a period.

    Raises:
        AlarmTimeError: the hour is not in that half of the day.
    """
    if period == "am":
        if hour > 12:
            raise AlarmTimeError(
                f"{hour} o'clock is not in the morning. What time should the alarm be?"
            )
        return (hour % 12,)
    if period == "pm":
        if hour == 0:
            raise AlarmTimeError("Zero o'clock is in the morning. What time should the alarm be?")
        return (hour if hour > 12 else hour % 12 + 12,)
    return (hour,) if hour == 0 or hour > 12 else (hour % 12, hour % 12 + 12)


def new_rule(said: SaidTime, now_local: datetime.datetime) -> AlarmRule:
    """Return the rule of a new alarm; it rings at least once more.

    Raises:
        AlarmTimeError: there is no such time, or it has passed.
    """
    if said.hour is None:
        raise AlarmTimeError("What time should the alarm be?")
    hours = hours_meant(said.hour, said.period)
    minute = said.minute or 0
    today = now_local.date()
    if said.day == "today" or not (said.day or said.repeat):
        days = [today] if said.day else [today, today + ONE_DAY]
        rules = [AlarmRule(hour, minute, "", day) for day in days for hour in hours]
        for rule in rules:
            if next_occurrence(rule, now_local) is not None:
                return _repeating(rule, said, now_local)
        raise AlarmTimeError("That time has already passed today. Which day should it be?")
    hour = hours[0] if len(hours) == 1 else usual_hour(hours)
    first_day = day_named(said.day, today) if said.day else today
    rule = AlarmRule(hour, minute, "", first_day)
    if said.day in WEEKDAYS and next_occurrence(rule, now_local) is None:
        rule = AlarmRule(hour, minute, "", first_day + 7 * ONE_DAY)
    return _repeating(rule, said, now_local)


def usual_hour(hours: tuple[int, ...]) -> int:
    """Return the waking one of two hours of the day with the same place on the dial."""
    return hours[0] if hours[0] in MORNING_HOURS else hours[1]


def _repeating(once: AlarmRule, said: SaidTime, now_local: datetime.datetime) -> AlarmRule:
    """Return the rule with the repetition that was said, from its first ring on."""
    if not said.repeat:
        return once
    rule = AlarmRule(once.hour, once.minute, said.repeat, once.first_day)
    if said.day and not occurs_on(rule, once.first_day):
        other = "on the weekend" if said.repeat == "weekends" else "a weekday"
        raise AlarmTimeError(f"{_day_word(once.first_day)} is not {other}. Which should it be?")
    if said.day:
        return rule
    # "Weekly" without a day means the day of the next ring.
    daily = AlarmRule(once.hour, once.minute, "daily", now_local.date())
    every = daily if said.repeat == "weekly" else rule
    first = next_occurrence(every, now_local)
    assert first is not None  # it repeats
    return AlarmRule(once.hour, once.minute, said.repeat, first.date())


def changed_rule(old: AlarmRule, said: SaidTime, now_local: datetime.datetime) -> AlarmRule:
    """Return the rule of an alarm after a change; what was not said stays.

    Raises:
        AlarmTimeError: there is no such time, it has passed, or nothing new was said.
    """
    if said == SaidTime():
        raise AlarmTimeError("What time should the alarm be?")
    if old.repeat not in ("", "weekly") and said.day:
        raise AlarmTimeError(
            "That alarm rings on several days. Set another one for that day instead."
        )
    hours = _changed_hours(old, said)
    minute = (old.minute if said.hour is None else 0) if said.minute is None else said.minute
    if old.repeat:
        day = day_named(said.day, now_local.date()) if said.day else old.first_day
        return AlarmRule(hours[0], minute, old.repeat, day)
    if said.day:
        period = "am" if hours[0] < 12 else "pm"
        return new_rule(SaidTime(hours[0] % 12 or 12, minute, period, said.day), now_local)
    today = now_local.date()
    days = [max(old.first_day, today), today + ONE_DAY]
    rules = [AlarmRule(hour, minute, "", day) for day in days for hour in hours]
    return next(rule for rule in rules if next_occurrence(rule, now_local) is not None)


def _changed_hours(old: AlarmRule, said: SaidTime) -> tuple[int, ...]:
    """Return the hours that may be meant, that of the old half of the day first."""
    if said.hour is not None:
        hours = hours_meant(said.hour, said.period)
        return hours if (hours[0] < 12) == (old.hour < 12) else hours[::-1]
    if not said.period:
        return (old.hour,)
    return hours_meant(old.hour % 12 or 12, said.period)


def _day_word(day: datetime.date) -> str:
    return WEEKDAYS[day.weekday()].capitalize()
