"""When holidays are: each by its rule, for any year (pure)."""

from __future__ import annotations

import datetime
from collections.abc import Callable

MONDAY, TUESDAY, THURSDAY, SATURDAY, SUNDAY = 0, 1, 3, 5, 6

Rule = Callable[[int], datetime.date | None]
"""Year -> the day; None in a year that has none."""


def nth_weekday(year: int, month: int, weekday: int, nth: int) -> datetime.date | None:
    """Return e.g. the second Sunday of May; -1 is the last; None when there is no such day."""
    if nth < 0:
        last = month_end(year, month)
        return last - datetime.timedelta(days=(last.weekday() - weekday) % 7)
    first = datetime.date(year, month, 1)
    day = 1 + (weekday - first.weekday()) % 7 + 7 * (nth - 1)
    return first.replace(day=day) if day <= month_end(year, month).day else None


def month_end(year: int, month: int) -> datetime.date:
    """Return the last day of a month."""
    leap = year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
    days = (31, 29 if leap else 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
    return datetime.date(year, month, days[month - 1])


def easter(year: int) -> datetime.date:
    """Return Easter Sunday of the Gregorian calendar (Gauss's method, as Lichtenberg mended it)."""
    century = year // 100
    moon_shift = 15 + (3 * century + 3) // 4 - (8 * century + 13) // 25
    sun_shift = 2 - (3 * century + 3) // 4
    moon = (19 * (year % 19) + moon_shift) % 30
    correction = (moon + year % 19 // 11) // 29
    full_moon = 21 + moon - correction
    first_sunday = 7 - (year + year // 4 + sun_shift) % 7
    days_after_march = full_moon + 7 - (full_moon - first_sunday) % 7
    return datetime.date(year, 3, 1) + datetime.timedelta(days=days_after_march - 1)


def _fixed(month: int, day: int) -> Rule:
    return lambda year: datetime.date(year, month, day)


def _nth(month: int, weekday: int, nth: int) -> Rule:
    return lambda year: nth_weekday(year, month, weekday, nth)


def _from_easter(days: int) -> Rule:
    return lambda year: easter(year) + datetime.timedelta(days=days)


def _leap_day(year: int) -> datetime.date | None:
    end = month_end(year, 2)
    return end if end.day == 29 else None


def _election_day(year: int) -> datetime.date:
    first_monday = nth_weekday(year, 11, MONDAY, 1)
    assert first_monday is not None  # every month has one
    return first_monday + datetime.timedelta(days=1)


def _black_friday(year: int) -> datetime.date:
    thanksgiving = nth_weekday(year, 11, THURSDAY, 4)
    assert thanksgiving is not None  # every November has four Thursdays
    return thanksgiving + datetime.timedelta(days=1)


def _cyber_monday(year: int) -> datetime.date:
    return _black_friday(year) + datetime.timedelta(days=3)


def _advent(year: int) -> datetime.date:
    eve = datetime.date(year, 12, 24)
    return eve - datetime.timedelta(days=(eve.weekday() + 1) % 7 + 21)


SEASONS = {
    "spring": (2451623.80984, 365242.37404, 0.05169),
    "summer": (2451716.56767, 365241.62603, 0.00325),
    "autumn": (2451810.21715, 365242.01767, -0.11575),
    "winter": (2451900.05952, 365242.74049, -0.06223),
}
"""Mean equinoxes and solstices of the north after Meeus, Astronomical Algorithms, table 27.B:
the Julian day in 2000, and how it grows in a thousand years; good to half an hour."""

ORDINAL_ZERO_JD = 1721424.5
"""The Julian day on which `datetime.date.fromordinal` counts zero."""


def _season(name: str) -> Rule:
    start, linear, squared = SEASONS[name]

    def rule(year: int) -> datetime.date | None:
        if not 1000 <= year <= 3000:
            return None
        millennia = (year - 2000) / 1000
        julian_day = start + linear * millennia + squared * millennia**2
        return datetime.date.fromordinal(int(julian_day - ORDINAL_ZERO_JD))

    return rule


def _season_names(name: str, *others: str) -> tuple[str, ...]:
    starts = ("first day", "1th day", "start", "beginning")
    return (name, *others, *(f"{start} {name}" for start in starts))


# Where countries differ the rule is that of the United States, as is the voice.
_RULES: tuple[tuple[str, Rule, tuple[str, ...]], ...] = (
    ("New Year", _fixed(1, 1), ("new years", "new years day", "new year day")),
    ("Epiphany", _fixed(1, 6), ("three kings day",)),
    ("Martin Luther King Day", _nth(1, MONDAY, 3), ("mlk day", "martin luther king junior day")),
    ("Burns Night", _fixed(1, 25), ()),
    ("Australia Day", _fixed(1, 26), ()),
    ("Groundhog Day", _fixed(2, 2), ("ground hog day",)),
    ("Valentine's Day", _fixed(2, 14), ("valentines", "valentine", "st valentines day")),
    ("Presidents' Day", _nth(2, MONDAY, 3), ("president day",)),
    ("Leap Day", _leap_day, ("next leap day",)),
    ("Mardi Gras", _from_easter(-47), ("shrove tuesday", "pancake day", "fat tuesday")),
    ("Ash Wednesday", _from_easter(-46), ()),
    ("Pi Day", _fixed(3, 14), ()),
    ("Saint Patrick's Day", _fixed(3, 17), ("st patricks", "st patricks day", "st paddys day",
                                            "saint patricks", "paddys day")),
    ("The first day of spring", _season("spring"), _season_names("spring", "spring equinox")),
    ("April Fools' Day", _fixed(4, 1), ("april fools", "april fool", "all fools day")),
    ("Palm Sunday", _from_easter(-7), ()),
    ("Good Friday", _from_easter(-2), ()),
    ("Easter", easter, ("easter sunday", "easter day")),
    ("Easter Monday", _from_easter(1), ()),
    ("Earth Day", _fixed(4, 22), ()),
    ("Saint George's Day", _fixed(4, 23), ("st georges day",)),
    ("May Day", _fixed(5, 1), ()),
    ("Cinco de Mayo", _fixed(5, 5), ()),
    ("Mother's Day", _nth(5, SUNDAY, 2), ("mother day",)),
    ("Ascension Day", _from_easter(39), ("ascension",)),
    ("Pentecost", _from_easter(49), ("whit sunday",)),
    ("Memorial Day", _nth(5, MONDAY, -1), ()),
    ("Father's Day", _nth(6, SUNDAY, 3), ("father day",)),
    ("Flag Day", _fixed(6, 14), ()),
    ("The first day of summer", _season("summer"),
     _season_names("summer", "summer solstice", "longest day year", "longest day")),
    ("Midsummer", _fixed(6, 24), ()),
    ("Juneteenth", _fixed(6, 19), ()),
    ("Canada Day", _fixed(7, 1), ()),
    ("Independence Day", _fixed(7, 4), ()),
    ("Bastille Day", _fixed(7, 14), ()),
    ("Labor Day", _nth(9, MONDAY, 1), ("labour day",)),
    ("The first day of autumn", _season("autumn"),
     (*_season_names("autumn", "autumn equinox", "fall equinox"), *_season_names("fall"))),
    ("Columbus Day", _nth(10, MONDAY, 2), ("indigenous peoples day",)),
    ("Halloween", _fixed(10, 31), ("all hallows eve",)),
    ("All Saints' Day", _fixed(11, 1), ("all saints",)),
    ("Bonfire Night", _fixed(11, 5), ("guy fawkes night", "guy fawkes day", "guy fawkes")),
    ("Election Day", _election_day, ()),
    ("Veterans Day", _fixed(11, 11), ("armistice day",)),
    ("Thanksgiving", _nth(11, THURSDAY, 4), ("thanks giving",)),
    ("Black Friday", _black_friday, ()),
    ("Cyber Monday", _cyber_monday, ()),
    ("Advent", _advent, ("first advent", "first sunday advent")),
    ("The first day of winter", _season("winter"),
     _season_names("winter", "winter solstice", "shortest day year", "shortest day")),
    ("Christmas Eve", _fixed(12, 24), ("xmas eve",)),
    ("Christmas", _fixed(12, 25), ("xmas", "x mas")),
    ("Boxing Day", _fixed(12, 26), ()),
    ("New Year's Eve", _fixed(12, 31), ("new year eve",)),
)  # fmt: skip


def _plain(name: str) -> str:
    return name.lower().replace("'", "")


def _by_name() -> dict[str, tuple[str, Rule]]:
    found = {}
    for name, rule, others in _RULES:
        for each in (_plain(name), *others):
            found[each] = found[f"{each} day"] = (name, rule)
    return found


HOLIDAYS = _by_name()
"""Name as heard, small and without apostrophes -> name as written, and rule."""
