"""Setting, changing, asking and cancelling timers."""

from __future__ import annotations

from typing import Any

from xtalk_edge.clock import now_s
from xtalk_edge.tools.context import ToolContext
from xtalk_edge.tools.registry import ToolError, tool
from xtalk_edge.tools.spoken import (
    duration_words,
    join_words,
    number_words,
    span_words,
    with_article,
)
from xtalk_edge.tools.timekeeping.timer_names import plain_name, timer_key
from xtalk_edge.tools.timekeeping.timer_service import Timer

LONGEST_S = 24 * 3600.0
"""A day: what is further away is an alarm, not a timer."""

MOST_TIMERS = 20
"""More than anybody can keep apart by voice."""

JUST_SET_S = 60.0
"""Who says "make it ten" within a minute means the timer just set, whatever others run."""

JUST_RANG_S = 60.0
"""Who says "cancel the timer" within a minute after one rang means its ringing."""

NAME: dict[str, Any] = {
    "type": "string",
    "maxLength": 40,
    "description": "What the timer is for, when the user says so.",
}
DURATION: dict[str, Any] = {
    "hours": {"type": "integer", "minimum": 0, "maximum": 24},
    "minutes": {"type": "integer", "minimum": 0, "maximum": 1440},
    "seconds": {"type": "integer", "minimum": 0, "maximum": 86400},
}


def _seconds(hours: int, minutes: int, seconds: int) -> float:
    return 3600.0 * hours + 60.0 * minutes + seconds


def _the_timer(name: str) -> str:
    name = plain_name(name)
    return f"the {name} timer" if name else "the timer"


def _setting(hours: int = 0, minutes: int = 0, seconds: int = 0, name: str = "") -> str:
    duration_s = _seconds(hours, minutes, seconds)
    parts = [span_words(duration_s) if duration_s else "", plain_name(name)]
    return f"set {with_article(' '.join([*filter(None, parts), 'timer']))}"


@tool(
    "Start a timer.",
    {**DURATION, "name": NAME},
    has_effects=True,
    doing=_setting,
    help="set a timer",
)
async def set_timer(
    context: ToolContext, hours: int = 0, minutes: int = 0, seconds: int = 0, name: str = ""
) -> str:
    """Return "Your pasta timer is set for ten minutes."."""
    duration_s = _seconds(hours, minutes, seconds)
    if duration_s <= 0:
        raise ToolError("How long should the timer run?")
    _refuse_too_long(duration_s)
    if len(context.bell.timers.timers()) >= MOST_TIMERS:
        raise ToolError("Sorry, there are too many timers already.")
    name = plain_name(name)
    context.bell.timers.add(duration_s, name)
    if name:
        return f"Your {name} timer is set for {duration_words(duration_s)}."
    return f"Timer set for {duration_words(duration_s)}."


def _changing(
    change: str, hours: int = 0, minutes: int = 0, seconds: int = 0, name: str = ""
) -> str:
    by = duration_words(_seconds(hours, minutes, seconds))
    timer = _the_timer(name)
    if change == "to":
        return f"change {timer} to {by}"
    return f"add {by} to {timer}" if change == "add" else f"take {by} off {timer}"


@tool(
    "Change a running timer: let it run for another time from now, longer, or shorter.",
    {"change": {"type": "string", "enum": ["to", "add", "subtract"]}, **DURATION, "name": NAME},
    required=("change",),
    has_effects=True,
    doing=_changing,
)
async def change_timer(
    context: ToolContext,
    change: str,
    hours: int = 0,
    minutes: int = 0,
    seconds: int = 0,
    name: str = "",
) -> str:
    """Return "Your pasta timer has twelve minutes left now."."""
    timer = _one_to_change(context, name)
    by_s = _seconds(hours, minutes, seconds)
    if by_s <= 0:
        raise ToolError(_how_much(change, timer))
    left_s = {"to": by_s, "add": timer.left_s() + by_s, "subtract": timer.left_s() - by_s}[change]
    duration_s = {"to": by_s, "add": timer.duration_s + by_s}.get(change, timer.duration_s - by_s)
    if left_s <= 0:
        left = duration_words(timer.left_s())
        raise ToolError(f"Your {timer.title()} has only {left} left. Should I cancel it instead?")
    _refuse_too_long(left_s)
    changed = context.bell.timers.change(timer, left_s, max(left_s, duration_s))
    return f"Your {changed.title()} has {duration_words(left_s)} left now."


@tool(
    "Cancel a running timer.",
    {"name": NAME},
    has_effects=True,
    doing=lambda name="": f"cancel {_the_timer(name)}",
)
async def cancel_timer(context: ToolContext, name: str = "") -> str:
    """Return "Your pasta timer is cancelled."."""
    for ring in reversed(context.bell.recent(JUST_RANG_S)):
        if ring.kind == "timer" and (not name or timer_key(name) == timer_key(ring.title)):
            context.bell.silence(ring)
            return f"Your {ring.title} is off."
    found = _matching(context, name)
    if len({timer_key(timer.title()) for timer in found}) > 1:
        raise ToolError(f"{_count(found)} Which one should I cancel?")
    context.bell.timers.cancel(found[0])
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


def _refuse_too_long(duration_s: float) -> None:
    if duration_s > LONGEST_S:
        raise ToolError("Sorry, a timer can run for twenty-four hours at most.")


def _how_much(change: str, timer: Timer) -> str:
    if change == "to":
        return f"How long should your {timer.title()} run?"
    return "How much should I add?" if change == "add" else "How much should I take off?"


def _one_to_change(context: ToolContext, name: str) -> Timer:
    found = _matching(context, name)
    latest = max(found, key=lambda timer: (timer.set_s, timer.id))
    titles = {timer_key(timer.title()) for timer in found}
    just_set = now_s() - latest.set_s <= JUST_SET_S
    if len(titles) > 1 and not just_set:
        raise ToolError(f"{_count(found)} Which one should I change?")
    return latest if just_set else found[0]


def _matching(context: ToolContext, name: str) -> list[Timer]:
    running = context.bell.timers.timers()
    if not running:
        raise ToolError("There is no timer running.")
    name = plain_name(name)
    if not name:
        return running
    found = [timer for timer in running if timer_key(timer.title()) == timer_key(name)]
    if not found:
        raise ToolError(f"There is no {name} timer. {_count(running)}")
    return found


def _count(timers: list[Timer]) -> str:
    titles = [f"the {timer.title()}" for timer in timers]
    if len(timers) == 1:
        return f"There is only {titles[0]}."
    return f"There are {number_words(len(timers))} timers: {join_words(titles)}."
