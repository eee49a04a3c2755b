"""What time it is, here and elsewhere."""

from __future__ import annotations

import datetime
from zoneinfo import ZoneInfoNotFoundError

from xtalk_edge.tools.context import ToolContext
from xtalk_edge.tools.dates.places import Place, gazetteer, local_times, title
from xtalk_edge.tools.off_loop import OffLoop
from xtalk_edge.tools.registry import ToolError, tool
from xtalk_edge.tools.spoken import time_words


@tool(
    "Tell the current time, here or in another place.",
    {"place": {"type": "string", "maxLength": 40}},
    help="tell you the time",
    doing=lambda place="": f"tell you the time{f' in {title(place)}' if place else ''}",
)
async def get_time(context: ToolContext, place: str = "") -> str:
    """Return "It's 4:10 PM." or "It's 3:10 AM tomorrow in Tokyo."."""
    now = context.wall_now()
    if not place.strip():
        return f"It's {time_words(now)}."
    return await OffLoop("places").run(lambda: _time_there(place, now))


def _time_there(said: str, now: datetime.datetime) -> str:
    place, name = gazetteer().find(said)
    if place is None:
        raise ToolError(f"I don't know what time it is in {name or 'that place'}.")
    try:
        times = local_times(place, now)
    except (ZoneInfoNotFoundError, OverflowError):
        raise ToolError(f"I don't know what time it is in {name}.") from None
    if len(times) > 1:
        raise ToolError(
            f"There are several times in {_with_article(name)}. Which city do you mean?"
        )
    return f"It's {time_words(times[0])}{_day(times[0], now)}{_where(place, name)}."


def _day(there: datetime.datetime, here: datetime.datetime) -> str:
    days = (there.date() - here.date()).days
    return {1: " tomorrow", -1: " yesterday"}.get(days, "")


def _where(place: Place, name: str) -> str:
    if place.is_time:
        # Three letters stand for themselves: "CET".
        return f" {name.upper()}" if len(name) == 3 else f" {name.removesuffix(' Time')} time"
    return f" in {'most of ' if place.mostly else ''}{_with_article(name)}"


def _with_article(name: str) -> str:
    plural = name.startswith("United ") or name.endswith(("Islands", " Republic", "States"))
    abbreviated = name in ("US", "USA", "UK", "UAE", "Netherlands", "Philippines", "Maldives")
    return f"the {name}" if plural or abbreviated else name
