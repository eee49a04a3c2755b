"""What day it is, was and will be."""

from __future__ import annotations

from xtalk_edge.tools.context import ToolContext
from xtalk_edge.tools.registry import tool
from xtalk_edge.tools.spoken import date_words


@tool("Tell today's date and day of the week.", help="tell you the date")
async def get_date(context: ToolContext) -> str:
    """Return "Today is Friday, May 4th, 2026."."""
    return f"Today is {date_words(context.wall_now())}."
