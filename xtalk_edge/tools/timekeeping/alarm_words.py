"""What alarms are called (pure)."""

from __future__ import annotations

import datetime

from xtalk_edge.store.alarms import AlarmRule, StoredAlarm
from xtalk_edge.tools.spoken import date_words, join_words, number_words, time_words
from xtalk_edge.tools.timekeeping.recurrence import ONE_DAY

REPEAT_WORDS = {"daily": "every day", "weekdays": "every weekday", "weekends": "on weekends"}


def clock_words(rule: AlarmRule) -> str:
    """Return "6:30 AM"."""
    return time_words(datetime.datetime.combine(rule.first_day, _time(rule)))


def alarm_title(name: str, rule: AlarmRule) -> str:
    """Return "school alarm", "seven o'clock alarm" or "6:30 AM alarm", for use after "your"."""
    if name:
        return f"{name} alarm"
    if rule.minute:
        return f"{clock_words(rule)} alarm"
    if rule.hour % 12 == 0:
        return "noon alarm" if rule.hour else "midnight alarm"
    return f"{number_words(rule.hour % 12)} o'clock alarm"


def day_words(day: datetime.date, today: datetime.date) -> str:
    """Return "today", "tomorrow", "on Friday", or the date of a day further away."""
    if day in (today, today + ONE_DAY):
        return "today" if day == today else "tomorrow"
    near = today < day < today + 7 * ONE_DAY
    return f"on {_weekday(day)}" if near else f"on {date_words(day)}"


def alarm_when(alarm: StoredAlarm, today: datetime.date) -> str:
    """Return "6:30 AM tomorrow" or "7:00 AM every weekday" of an alarm that will ring."""
    rule = alarm.rule
    assert alarm.next_day is not None  # it will ring
    if rule.repeat == "weekly":
        return f"{clock_words(rule)} every {_weekday(rule.first_day)}"
    when = REPEAT_WORDS.get(rule.repeat) or day_words(alarm.next_day, today)
    return f"{clock_words(rule)} {when}"


def alarms_listed(alarms: list[StoredAlarm], today: datetime.date) -> str:
    """Return "two alarms: 6:30 AM tomorrow and the school alarm at 7:00 AM every weekday"."""
    parts = [
        f"the {alarm.name} alarm at {alarm_when(alarm, today)}"
        if alarm.name
        else alarm_when(alarm, today)
        for alarm in alarms
    ]
    return f"{number_words(len(alarms))} alarms: {join_words(parts)}"


def alarms_there(alarms: list[StoredAlarm], today: datetime.date) -> str:
    """Return "There are two alarms: ..." or "There is only the school alarm at 7:00 AM ..."."""
    if len(alarms) > 1:
        return f"There are {alarms_listed(alarms, today)}."
    name = f"{alarms[0].name} alarm" if alarms[0].name else "alarm"
    return f"There is only the {name} at {alarm_when(alarms[0], today)}."


def said_words(
    hour: int | None = None, minute: int | None = None, period: str = "", day: str = ""
) -> str:
    """Return what was said of a time, as it was said: "7:00", "6:30 AM tomorrow"; "" if nothing."""
    clock = "" if hour is None else f"{hour}:{minute or 0:02d}"
    # "On tomorrow" is no English.
    on_day = day if day in ("", "today", "tomorrow") else f"on {day.capitalize()}"
    return " ".join(filter(None, (clock, period.upper(), on_day)))


def _weekday(day: datetime.date) -> str:
    return date_words(day).partition(",")[0]


def _time(rule: AlarmRule) -> datetime.time:
    return datetime.time(rule.hour, rule.minute)
