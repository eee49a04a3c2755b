"""Reads dates as people say them, seen from today (pure).

"friday" is the next one, today included; "next friday" the one in next week, Monday to Sunday.
"""

from __future__ import annotations

import datetime
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from xtalk_edge.tools.dates.date_steps import DateError, bounds, monday, shift
from xtalk_edge.tools.dates.date_words import MONTHS, WEEKDAYS, plain_date
from xtalk_edge.tools.dates.holidays import HOLIDAYS, Rule, month_end, nth_weekday
from xtalk_edge.tools.spoken import ordinal

LONGEST_CHARS = 100
"""Nobody needs more words for a date, and "the day after the day after" must come to an end."""

RARE_YEARS = 9
"""Leap days lie eight years apart around 2100; what is rarer never happens."""

RARE_MONTHS = 28 * 12
"""After 28 years every month has begun on every weekday."""

NEAR = {
    "today": 0, "now": 0, "tonight": 0, "tomorrow": 1, "day after tomorrow": 2, "yesterday": -1,
    "day before yesterday": -2,
}  # fmt: skip
THAT_WAY = {"last": -1, "past": -1, "previous": -1, "since": -1, "next": 1}

_WHICH = r"(?:(?P<which>next|last|this|past|previous|(?:this )?coming|upcoming) )?"
_YEAR = r"(?: (?P<year>\d{4}|(?:this|next|last) year))?"
_MONTH = f"(?P<month>{'|'.join(MONTHS)})"
_WEEKDAY = f"(?P<weekday>{'|'.join(WEEKDAYS)})"
_PERIOD = r"(?P<period>week|weekend|month|year)"
_DAY = r"(?P<day>\d{1,2})(?:th)?"


@dataclass(frozen=True, slots=True)
class SpokenDate:
    """A date that was named."""

    day: datetime.date
    name: str
    """How a sentence about it begins: "Christmas", "Next Friday", "July 4th", "That"."""
    kind: Literal["name", "weekday", "calendar", "period"] = "name"
    """`period` is the first day of something longer: "Next month"."""
    earlier: datetime.date | None = None
    """For what comes every year and was already this year: when it was."""


def read_date(text: str, today: datetime.date) -> SpokenDate:
    """Return the day that is meant.

    Raises:
        DateError: the words are no date, or there is no such day.
    """
    return _read(plain_date(text[: LONGEST_CHARS + 1]), today, text)


def _read(plain: str, today: datetime.date, said: str) -> SpokenDate:
    unknown = DateError(f"Sorry, I have no date for {_you(said)}.")
    if len(said) > LONGEST_CHARS or not plain:
        raise DateError("Sorry, which day do you mean?")
    since = plain.startswith("since ")
    plain = plain.removeprefix("since ")
    for pattern, reader in _FORMS:
        if found := pattern.fullmatch(plain):
            words = {name: value or "" for name, value in found.groupdict().items()}
            if since and not words.get("which") and "which" in words:
                words["which"] = "since"
            try:
                return reader(words, today)
            except _NotThisFormError:
                continue
            except (OverflowError, ValueError) as error:
                if isinstance(error, DateError):
                    raise
                raise DateError("That is too far away for me.") from None
    raise unknown


class _NotThisFormError(Exception):
    """The pattern fits and the words do not."""


def _you(said: str) -> str:
    words = " ".join(re.findall(r"[\w'’]+", said.lower()))
    return re.sub(r"\bmy\b", "your", words) or "that"


def _near(words: dict[str, str], today: datetime.date) -> SpokenDate:
    name = words["near"]
    spoken = "Today" if NEAR[name] == 0 else name.capitalize()
    if name.startswith("day"):
        spoken = f"The {name}"
    return SpokenDate(shift(today, NEAR[name], "day"), spoken)


def _holiday(words: dict[str, str], today: datetime.date) -> SpokenDate:
    if words["holiday"] not in HOLIDAYS:
        raise _NotThisFormError
    name, rule = HOLIDAYS[words["holiday"]]
    return _yearly(rule, name, words, today)


def _yearly(
    rule: Rule,
    name: str,
    words: dict[str, str],
    today: datetime.date,
    kind: Literal["name", "calendar", "period"] = "name",
) -> SpokenDate:
    """Return the occurrence of a yearly day that is meant."""
    which, year = words.get("which", ""), words.get("year", "")
    if year or which == "this":
        number = _year_number(year or "this year", today)
        day = rule(number) if 1 <= number <= 9999 else None
        if day is None:
            what = "such day" if name == "That" else name
            raise DateError(f"There is no {what} in {number}.")
        return SpokenDate(day, _with_year(name, number, kind), kind)
    back = THAT_WAY.get(which, 0) < 0
    step = -1 if back else 1
    for number in range(today.year, today.year + step * RARE_YEARS, step):
        day = rule(number) if 1 <= number <= 9999 else None
        if day is None or (day > today if back else day < today):
            continue
        if day == today and which:
            continue
        earlier = None if which else _passed(rule(today.year), today)
        last = back and which != "since" and kind == "name" and not name.startswith("Th")
        return SpokenDate(day, f"Last {name}" if last else name, kind, earlier)
    raise DateError(f"There is no {name}." if name != "That" else "There is no such day.")


def _with_year(name: str, year: int, kind: str) -> str:
    if name == "That":
        return name
    return f"{name}, {year}" if kind == "calendar" else f"{name} {year}"


def _passed(day: datetime.date | None, today: datetime.date) -> datetime.date | None:
    return day if day is not None and day < today else None


def _year_number(year: str, today: datetime.date) -> int:
    if year.isdigit():
        return int(year)
    return today.year + THAT_WAY.get(year.split()[0], 0)


def _calendar(words: dict[str, str], today: datetime.date) -> SpokenDate:
    month, number = MONTHS.index(words["month"]) + 1, int(words["day"])
    return _month_day(month, number, words, today)


def _month_day(month: int, number: int, words: dict[str, str], today: datetime.date) -> SpokenDate:
    name = f"{MONTHS[month - 1].capitalize()} {ordinal(number)}"

    def rule(year: int) -> datetime.date | None:
        end = month_end(year, month)
        return end.replace(day=number) if 1 <= number <= end.day else None

    return _yearly(rule, name, words, today, "calendar")


def _numeric(words: dict[str, str], today: datetime.date) -> SpokenDate:
    first, second, year = int(words["first"]), int(words["second"]), words["year"]
    # Month first, as the voice is American, unless that cannot be.
    month, number = (second, first) if first > 12 else (first, second)
    if not 1 <= month <= 12:
        raise DateError("Sorry, which day do you mean?")
    full = f"20{year}" if len(year) == 2 else year
    return _month_day(month, number, {"year": full}, today)


def _month(words: dict[str, str], today: datetime.date) -> SpokenDate:
    month = MONTHS.index(words["month"]) + 1
    name = words["month"].capitalize()
    return _yearly(lambda year: datetime.date(year, month, 1), name, words, today, "period")


def _year_alone(words: dict[str, str], today: datetime.date) -> SpokenDate:
    return SpokenDate(datetime.date(int(words["year"]), 1, 1), words["year"], "period")


def _weekday(words: dict[str, str], today: datetime.date) -> SpokenDate:
    name, which, week = words["weekday"].capitalize(), words["which"], words["week"]
    index = WEEKDAYS.index(words["weekday"])
    if words["weeks"] or words["after"]:
        day = shift(monday(today, int(words["weeks"] or 2)), index, "day")
        return SpokenDate(day, "That")
    if week or which == "next":
        weeks = THAT_WAY.get(week or which, 0)
        day = shift(monday(today, weeks), index, "day")
    elif which in THAT_WAY:
        day = shift(today, -((today.weekday() - index - 1) % 7 + 1), "day")
    else:
        day = shift(today, (index - today.weekday()) % 7, "day")
    if week:
        return SpokenDate(day, f"{name} {week} week", "weekday")
    said = {"next": "Next ", "this": "This ", "": "", "coming": "", "upcoming": ""}.get(
        which, "Last "
    )
    return SpokenDate(day, f"{said}{name}", "weekday")


def _period(words: dict[str, str], today: datetime.date) -> SpokenDate:
    way, period = THAT_WAY.get(words["which"], 0), words["period"]
    first, _last = bounds(period, way, today)
    name = f"{ {-1: 'last', 0: 'this', 1: 'next'}[way] } {period}".capitalize()
    return SpokenDate(first, name, "period")


def _edge(words: dict[str, str], today: datetime.date) -> SpokenDate:
    """Return the first, middle or last day of a period or month."""
    edge = {"end": "end", "last day": "end", "middle": "middle"}.get(words["edge"], "start")

    def within(first: datetime.date, last: datetime.date) -> datetime.date:
        return {"start": first, "middle": first + (last - first) // 2, "end": last}[edge]

    if words["month"]:
        month = MONTHS.index(words["month"]) + 1
        name = f"The {edge} of {words['month'].capitalize()}"

        def rule(year: int) -> datetime.date:
            return within(datetime.date(year, month, 1), month_end(year, month))

        return _yearly(rule, name, words | {"which": ""}, today)
    way = THAT_WAY.get(words["which"], 0)
    which = {-1: "last ", 0: "the ", 1: "next "}[way]
    day = within(*bounds(words["period"], way, today))
    return SpokenDate(day, f"The {edge} of {which}{words['period']}")


def _day_of_month(words: dict[str, str], today: datetime.date) -> SpokenDate:
    """Return "the 15th", "the first of next month"; "friday the 13th" is both."""
    number, weekday = int(words["day"]), words["weekday"]
    if not 1 <= number <= 31:
        raise _NotThisFormError
    way = THAT_WAY.get(words["which"], 0)
    first = shift(today.replace(day=1), way, "month")
    fixed = bool(words["which"])
    for months in range(1 if fixed else RARE_MONTHS):
        month = shift(first, months, "month")
        if number > month_end(month.year, month.month).day:
            continue
        day = month.replace(day=number)
        fits = not weekday or WEEKDAYS[day.weekday()] == weekday
        if fits and (fixed or day >= today):
            name = f"{MONTHS[day.month - 1].capitalize()} {ordinal(number)}"
            return SpokenDate(day, name, "calendar")
    raise DateError("There is no such day.")


def _nth_weekday(words: dict[str, str], today: datetime.date) -> SpokenDate:
    weekday = WEEKDAYS.index(words["weekday"])
    nth = -1 if words["nth"] == "last" else int(words["nth"])
    if nth == 0 or nth > 5:
        raise DateError("There is no such day.")
    if words["month"]:
        month = MONTHS.index(words["month"]) + 1
        return _yearly(lambda year: nth_weekday(year, month, weekday, nth), "That", words, today)
    first, _last = bounds("month", THAT_WAY.get(words["which"], 0), today)
    day = nth_weekday(first.year, first.month, weekday, nth)
    if day is None:
        raise DateError("There is no such day.")
    return SpokenDate(day, "That")


def _counted(words: dict[str, str], today: datetime.date) -> SpokenDate:
    """Return "three weeks from now", "a day after christmas", "ten days ago"."""
    count = {"": 1, "a": 1, "an": 1, "couple": 2}.get(words["count"])
    count = int(words["count"]) if count is None else count
    way, start = words["way"], today
    if words["start"]:
        start = _read(words["start"], today, words["start"]).day
    elif (way in ("from", "after", "before") and not words["now"]) or not (words["count"] or way):
        raise _NotThisFormError
    sign = -1 if way in ("ago", "before") else 1
    return SpokenDate(shift(start, sign * count, words["unit"]), "That")


Reader = Callable[[dict[str, str], datetime.date], SpokenDate]


def _form(pattern: str, reader: Reader) -> tuple[re.Pattern[str], Reader]:
    return re.compile(pattern), reader


_UNIT = r"(?P<unit>days?|weeks?|fortnights?|months?|years?)"
_FORMS = (
    _form(f"(?P<near>{'|'.join(NEAR)})", _near),
    _form(rf"{_WHICH}(?P<holiday>(?:1th )?[a-z]+(?: [a-z]+)*?){_YEAR}", _holiday),
    _form(rf"{_WHICH}{_WEEKDAY}(?: (?:(?P<week>this|next|last) week|"
        r"(?P<weeks>\d{1,2}) weeks?(?: time)?|(?P<after>after next)))?", _weekday,
    ),
    _form(rf"{_WHICH}{_PERIOD}", _period),
    _form(
        rf"(?P<edge>end|middle|start|beginning|first day|1th day|last day) "
        rf"(?:(?:(?P<which>this|next|last) )?{_PERIOD}|{_MONTH}{_YEAR})", _edge,
    ),
    _form(rf"(?:{_WEEKDAY} )?{_WHICH}{_MONTH} {_DAY}{_YEAR}", _calendar),
    _form(rf"(?:{_WEEKDAY} )?{_WHICH}{_DAY} {_MONTH}{_YEAR}", _calendar),
    _form(r"(?P<year>\d{4})[-/.](?P<first>\d{1,2})[-/.](?P<second>\d{1,2})", _numeric),
    _form(
        r"(?P<first>\d{1,2})[-/.](?P<second>\d{1,2})(?:[-/.](?P<year>\d{4}|\d\d))?", _numeric
    ),
    _form(rf"{_WHICH}{_MONTH}{_YEAR}", _month),
    _form(r"(?:year )?(?P<year>\d{4})", _year_alone),
    _form(
        rf"(?:{_WEEKDAY} )?(?P<day>\d{{1,2}})(?:th)?(?: (?:(?P<which>this|next|last) )?month)?",
        _day_of_month,
    ),
    _form(
        rf"(?P<nth>last|\d{{1,2}}(?=th))(?:th)? {_WEEKDAY} "
        rf"(?:{_MONTH}{_YEAR}|(?P<which>this|next|last) month|month)", _nth_weekday,
    ),
    _form(
        rf"(?:(?:an? )?(?P<count>\d{{1,7}}|an?|couple) )?{_UNIT}"
        r"(?: (?P<way>ago|ahead|later|hence|time|from|after|before))?"
        r"(?: (?:(?P<now>now)|(?P<start>.+)))?", _counted,
    ),
)  # fmt: skip
"""Tried in this order."""
