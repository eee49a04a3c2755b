"""Setting, asking and cancelling timers."""

from __future__ import annotations

from typing import Any

from xtalk_edge.tools.context import ToolContext
from xtalk_edge.tools.registry import ToolError, tool
from xtalk_edge.tools.spoken import duration_words, join_words, number_words
from xtalk_edge.tools.timer_service import Timer

LONGEST_S = 24 * 3600.0
"""A day: what is further away is an alarm, not a timer."""

MOST_TIMERS = 20
"""More than anybody can keep apart by voice."""

NAME: dict[str, Any] = {
    "type": "string",
    "maxLength": 40,
    "description": "What the timer is for, when the user says so.",
}


@tool(
    "Start a timer.",
    {
        "hours": {"type": "integer", "minimum": 0, "maximum": 24},
        "minutes": {"type": "integer", "minimum": 0, "maximum": 1440},
        "seconds": {"type": "integer", "minimum": 0, "maximum": 86400},
        "name": NAME,
    },
    has_effects=True,
    help="set a timer",
)
async def set_timer(
    context: ToolContext, hours: int = 0, minutes: int = 0, seconds: int = 0, name: str = ""
) -> str:
    """Return "Your pasta timer is set for ten minutes."."""
    duration_s = 3600.0 * hours + 60.0 * minutes + seconds
    if duration_s <= 0:
        raise ToolError("How long should the timer run?")
    if duration_s > LONGEST_S:
        raise ToolError("Sorry, a timer can run for twenty-four hours at most.")
    if len(context.timers.timers()) >= MOST_TIMERS:
        raise ToolError("Sorry, there are too many timers already.")
    name = _plain(name)
    context.timers.add(duration_s, name)
    if name:
        return f"Your {name} timer is set for {duration_words(duration_s)}."
    return f"Timer set for {duration_words(duration_s)}."


@tool("Cancel a running timer.", {"name": NAME}, has_effects=True)
async def cancel_timer(context: ToolContext, name: str = "") -> str:
    """Return "Your pasta timer is cancelled."."""
    found = _matching(context, name)
    if len({timer.title().casefold() for timer in found}) > 1:
        raise ToolError(f"{_count(found)} Which one should I cancel?")
    context.timers.cancel(found[0])
    if len(found) > 1:
        # Timers of one name cannot be told apart by asking again.
        return f"The first {found[0].title()} is cancelled."
    return f"Your {found[0].title()} is cancelled."


@tool("Tell how much time is left on a timer.", {"name": NAME}, help="tell you how long is left")
async def timer_left(context: ToolContext, name: str = "") -> str:
    """Return "Your pasta timer has four minutes and ten seconds left."."""
    found = _matching(context, name)
    if len(found) == 1:
        return f"Your {found[0].title()} has {duration_words(found[0].left_s())} left."
    parts = [f"the {timer.title()} has {duration_words(timer.left_s())}" for timer in found]
    return f"You have {number_words(len(found))} timers: {join_words(parts)} left."


def _matching(context: ToolContext, name: str) -> list[Timer]:
    running = context.timers.timers()
    if not running:
        raise ToolError("There is no timer running.")
    name = _plain(name)
    if not name:
        return running
    wanted = f"{name} timer".casefold()
    found = [timer for timer in running if timer.title().casefold() == wanted]
    if not found:
        raise ToolError(f"There is no {name} timer. {_count(running)}")
    return found


def _count(timers: list[Timer]) -> str:
    titles = [f"the {timer.title()}" for timer in timers]
    if len(timers) == 1:
        return f"There is only {titles[0]}."
    return f"There are {number_words(len(timers))} timers: {join_words(titles)}."


def _plain(name: str) -> str:
    """Return the name alone: "the pasta timer" is called "pasta"."""
    words = name.split()
    if words and words[0].lower() in ("the", "my", "a"):
        words = words[1:]
    if words and words[-1].lower().strip(".") == "timer":
        words = words[:-1]
    return " ".join(words)
