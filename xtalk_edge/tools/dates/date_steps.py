"""Steps from one day to others, within the calendar (pure)."""

from __future__ import annotations

import datetime

from xtalk_edge.tools.dates.holidays import SATURDAY, month_end

UNITS = {"day": 1, "week": 7, "fortnight": 14}


class DateError(ValueError):
    """The words are no date; the message is a sentence for the owner."""


def shift(day: datetime.date, count: int, unit: str) -> datetime.date:
    """Return the day so many days, weeks, fortnights, months or years on; 31 becomes 28 or 30.

    Raises:
        DateError: before the year 1 or after 9999.
    """
    unit = unit.removesuffix("s")
    try:
        if unit in UNITS:
            return day + datetime.timedelta(days=count * UNITS[unit])
        months = day.year * 12 + day.month - 1 + count * (12 if unit == "year" else 1)
        last = month_end(months // 12, months % 12 + 1)
        return last.replace(day=min(day.day, last.day))
    except (OverflowError, ValueError):
        raise DateError("That is too far away for me.") from None


def monday(today: datetime.date, weeks: int = 0) -> datetime.date:
    """Return the Monday of this week, or of one so many weeks on."""
    return shift(today, 7 * weeks - today.weekday(), "day")


def bounds(period: str, way: int, today: datetime.date) -> tuple[datetime.date, datetime.date]:
    """Return the first and last day of the week, weekend, month or year `way` from this one."""
    if period in ("week", "weekend"):
        first = monday(today, way)
        last = shift(first, 6, "day")
        return shift(first, SATURDAY if period == "weekend" else 0, "day"), last
    if period == "month":
        first = shift(today.replace(day=1), way, "month")
        return first, month_end(first.year, first.month)
    year = today.year + way
    return datetime.date(year, 1, 1), datetime.date(year, 12, 31)
