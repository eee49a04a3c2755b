"""What day it is, was and will be."""

from __future__ import annotations

import datetime

from xtalk_edge.tools.context import ToolContext
from xtalk_edge.tools.dates.date_steps import DateError, shift
from xtalk_edge.tools.dates.spoken_dates import SpokenDate, read_date
from xtalk_edge.tools.registry import ToolError, tool
from xtalk_edge.tools.spoken import date_words, number_words

DATE = {"type": "string", "maxLength": 80, "description": "As the user says it: next friday."}


@tool(
    "Tell the date and day of the week of today or another day.",
    {"date": DATE},
    help="tell you the date",
    doing=lambda date="": f"tell you the date{f' of {date}' if date else ''}",
)
async def get_date(context: ToolContext, date: str = "") -> str:
    """Return "Today is Friday, May 4th, 2026." or "July 4th, 2026 is a Saturday."."""
    today = context.wall_now().date()
    if not date.strip():
        return f"Today is {date_words(today)}."
    return f"{_introduced(_read(date, today), today)}."


@tool(
    "Tell the date some time ahead or ago.",
    {
        "count": {"type": "integer", "minimum": 0, "maximum": 99999},
        "unit": {"type": "string", "enum": ["days", "weeks", "months", "years"]},
        "direction": {"type": "string", "enum": ["ahead", "ago"]},
    },
    doing=lambda **_: "work out a date",
)
async def shift_date(
    context: ToolContext, count: int = -1, unit: str = "days", direction: str = "ahead"
) -> str:
    """Return "In three weeks it's Monday, May 25th, 2026."."""
    if count < 0:
        raise ToolError(f"How many {unit} should I count?")
    try:
        day = shift(context.wall_now().date(), -count if direction == "ago" else count, unit)
    except DateError as error:
        raise ToolError(str(error)) from None
    span = _count(count, unit.removesuffix("s"))
    if direction == "ago":
        return f"{span[0].upper()}{span[1:]} ago it was {date_words(day)}."
    return f"In {span} it's {date_words(day)}."


@tool(
    "Tell how many days it is until or since a day.",
    {"date": DATE},
    doing=lambda date="that day": f"count the days to {date}",
)
async def days_until(context: ToolContext, date: str = "") -> str:
    """Return "Christmas is in 235 days." or "Easter was 29 days ago."."""
    if not date.strip():
        raise ToolError("To which day should I count?")
    today = context.wall_now().date()
    found = _read(date, today)
    days = (found.day - today).days
    if abs(days) <= 1 and found.name in ("Today", "Tomorrow", "Yesterday"):
        return f"That's {_distance(days) if days == 0 else _counted(days)}."
    verb = _verb(found, today)
    if found.earlier is None:
        return f"{found.name} {verb} {_distance(days)}."
    # The same words ask how long it is until a holiday, and how long it was since.
    ago = _distance((found.earlier - today).days)
    return f"{found.name} {verb} {_distance(days)}; the last one was {ago}."


def _read(text: str, today: datetime.date) -> SpokenDate:
    try:
        return read_date(text, today)
    except DateError as error:
        raise ToolError(str(error)) from None


def _introduced(found: SpokenDate, today: datetime.date) -> str:
    verb = _verb(found, today)
    weekday, _, rest = date_words(found.day).partition(", ")
    if found.kind == "calendar":
        return f"{rest} {verb} a {weekday}"
    if found.kind == "weekday":
        return f"{found.name} {verb} {rest}"
    near = found.name in ("That", "Today", "Tomorrow", "Yesterday") or found.name.startswith("The ")
    return f"{found.name} {verb} {'' if near else 'on '}{weekday}, {rest}"


def _verb(found: SpokenDate, today: datetime.date) -> str:
    if found.kind == "period":
        return "started" if found.day < today else "starts"
    return "was" if found.day < today else "is"


def _distance(days: int) -> str:
    return {0: "today", 1: "tomorrow", -1: "yesterday"}.get(days) or _counted(days)


def _counted(days: int) -> str:
    span = _count(abs(days), "day")
    return f"{span} ago" if days < 0 else f"in {span}"


def _count(number: int, unit: str) -> str:
    return f"{number_words(number)} {unit}{'' if number == 1 else 's'}"
