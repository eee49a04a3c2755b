"""Which of the alarms is meant (pure)."""

from __future__ import annotations

import datetime

from xtalk_edge.store.alarms import StoredAlarm
from xtalk_edge.tools.names import bare_name, name_key
from xtalk_edge.tools.timekeeping.alarm_times import WEEKDAYS, SaidTime, day_named, hours_meant
from xtalk_edge.tools.timekeeping.alarm_words import alarm_title
from xtalk_edge.tools.timekeeping.recurrence import occurs_on


def plain_name(name: str) -> str:
    """Return the name alone: "my school alarm" is called "school"."""
    words = bare_name(name).split()
    while words and words[-1].lower() in ("alarm", "alarms"):
        del words[-1]
    return " ".join(words)


def is_called(alarm: StoredAlarm, name: str) -> bool:
    """Tell whether an alarm has that name, or is spoken of like that."""
    wanted = name_key(plain_name(name))
    title = plain_name(alarm_title("", alarm.rule))
    return not wanted or wanted in (name_key(alarm.name), name_key(title))


def is_meant(alarm: StoredAlarm, said: SaidTime, today: datetime.date) -> bool:
    """Tell whether all that was said of a time and day fits an alarm.

    Raises:
        AlarmTimeError: there is no such time.
    """
    rule = alarm.rule
    if said.hour is not None and rule.hour not in hours_meant(said.hour, said.period):
        return False
    if said.period and (said.period == "am") != (rule.hour < 12):
        return False
    # "Seven o'clock" is not half past seven.
    minute = 0 if said.minute is None and said.hour is not None else said.minute
    if minute is not None and rule.minute != minute:
        return False
    return not said.day or _is_on(alarm, said.day, today)


def day_to_skip(alarm: StoredAlarm, said: SaidTime, today: datetime.date) -> datetime.date | None:
    """Return the one day on which a repeating alarm is not wanted; None when it is not wanted ever.

    "Tomorrow's alarm" and "Friday's alarm" of an alarm for every day are one ring of many; "the
    Friday alarm" of one for every Friday is all of it.
    """
    if not said.day or not alarm.rule.repeat:
        return None
    if alarm.rule.repeat == "weekly" and said.day in WEEKDAYS:
        return None
    return _named_day(alarm, said.day, today)


def _is_on(alarm: StoredAlarm, day: str, today: datetime.date) -> bool:
    return occurs_on(alarm.rule, _named_day(alarm, day, today))


def _named_day(alarm: StoredAlarm, word: str, today: datetime.date) -> datetime.date:
    """Return the day of that word on which the alarm can still ring."""
    day = day_named(word, today)
    passed = alarm.next_day is not None and alarm.next_day > day
    return day + datetime.timedelta(days=7) if passed and word in WEEKDAYS else day
