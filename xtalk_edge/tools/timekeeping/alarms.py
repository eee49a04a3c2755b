"""Setting, changing, asking, cancelling and snoozing alarms."""

from __future__ import annotations

from typing import Any

from xtalk_edge.store.alarms import StoredAlarm
from xtalk_edge.tools.context import ToolContext
from xtalk_edge.tools.names import name_key
from xtalk_edge.tools.registry import ToolError, tool
from xtalk_edge.tools.spoken import duration_words, with_article
from xtalk_edge.tools.timekeeping.alarm_choice import day_to_skip, is_called, is_meant, plain_name
from xtalk_edge.tools.timekeeping.alarm_times import (
    DAYS,
    REPEATS,
    AlarmTimeError,
    SaidTime,
    changed_rule,
    new_rule,
)
from xtalk_edge.tools.timekeeping.alarm_words import (
    REPEAT_WORDS,
    alarm_title,
    alarm_when,
    alarms_listed,
    alarms_there,
    day_words,
    said_words,
)

MOST_ALARMS = 20
"""More than anybody can keep apart by voice."""

JUST_RANG_S = 120.0
"""Who says "turn off the alarm" within two minutes after one rang means its ringing."""

SNOOZE_MINUTES = 5
"""Long enough to doze, short enough not to miss the bus."""

TIME: dict[str, Any] = {
    "hour": {"type": "integer", "minimum": 0, "maximum": 23},
    "minute": {"type": "integer", "minimum": 0, "maximum": 59},
    "period": {"type": "string", "enum": ["am", "pm"]},
    "day": {"type": "string", "enum": list(DAYS)},
}
NAME: dict[str, Any] = {
    "type": "string",
    "maxLength": 40,
    "description": "What the alarm is for, when the user says so.",
}


def _an_alarm(name: str) -> str:
    name = plain_name(name)
    return f"{name} alarm" if name else "alarm"


def _setting(
    hour: int | None = None,
    minute: int | None = None,
    period: str = "",
    day: str = "",
    repeat: str = "",
    name: str = "",
) -> str:
    when = said_words(hour, minute, period, day)
    every = REPEAT_WORDS.get(repeat, "every week" if repeat else "")
    return " ".join(
        filter(None, [f"set {with_article(_an_alarm(name))}", when and f"for {when}", every])
    )


@tool(
    "Set an alarm.",
    {**TIME, "repeat": {"type": "string", "enum": list(REPEATS)}, "name": NAME},
    has_effects=True,
    doing=_setting,
    help="set an alarm",
)
async def set_alarm(
    context: ToolContext,
    hour: int | None = None,
    minute: int | None = None,
    period: str = "",
    day: str = "",
    repeat: str = "",
    name: str = "",
) -> str:
    """Return "Alarm set for 6:30 AM tomorrow."."""
    alarms = context.bell.alarms
    today = alarms.now().date()
    said = SaidTime(hour, minute, period, day, repeat)
    try:
        rule = new_rule(said, alarms.now())
    except AlarmTimeError as error:
        raise ToolError(str(error)) from error
    name = plain_name(name)
    for other in alarms.alarms():
        if other.rule == rule and name_key(other.name) == name_key(name):
            return f"That alarm is set already, for {alarm_when(other, today)}."
    if len(alarms.alarms()) >= MOST_ALARMS:
        raise ToolError("Sorry, there are too many alarms already.")
    when = alarm_when(alarms.add(rule, name), today)
    return f"Your {name} alarm is set for {when}." if name else f"Alarm set for {when}."


def _changing(
    hour: int | None = None,
    minute: int | None = None,
    period: str = "",
    day: str = "",
    name: str = "",
) -> str:
    when = said_words(hour, minute, period, day)
    return f"change your {_an_alarm(name)}{when and f' to {when}'}"


@tool(
    "Change the time or day of an alarm.",
    {**TIME, "name": {**NAME, "description": "Which alarm, when the user says so."}},
    has_effects=True,
    doing=_changing,
)
async def change_alarm(
    context: ToolContext,
    hour: int | None = None,
    minute: int | None = None,
    period: str = "",
    day: str = "",
    name: str = "",
) -> str:
    """Return "Your alarm is now set for 8:00 AM tomorrow."."""
    alarms = context.bell.alarms
    today = alarms.now().date()
    waiting = _some_alarms(context)
    found = [alarm for alarm in waiting if is_called(alarm, name)]
    if not found:
        raise ToolError(f"There is no {plain_name(name)} alarm. {alarms_there(waiting, today)}")
    latest = max(found, key=lambda alarm: alarm.id)
    if len(found) > 1 and not alarms.was_just_set(latest):
        raise ToolError(f"{alarms_there(waiting, today)} Which one should I change?")
    try:
        rule = changed_rule(latest.rule, SaidTime(hour, minute, period, day), alarms.now())
    except AlarmTimeError as error:
        raise ToolError(str(error)) from error
    changed = alarms.change(latest, rule)
    return f"Your {_an_alarm(changed.name)} is now set for {alarm_when(changed, today)}."


def _cancelling(
    hour: int | None = None,
    minute: int | None = None,
    period: str = "",
    day: str = "",
    name: str = "",
) -> str:
    when = said_words(hour, minute, period, day)
    return f"cancel your {_an_alarm(name)}{when and f' for {when}'}"


@tool(
    "Cancel an alarm.",
    {**TIME, "name": NAME},
    has_effects=True,
    doing=_cancelling,
)
async def cancel_alarm(
    context: ToolContext,
    hour: int | None = None,
    minute: int | None = None,
    period: str = "",
    day: str = "",
    name: str = "",
) -> str:
    """Return "Your seven o'clock alarm is cancelled."."""
    said = SaidTime(hour, minute, period, day)
    if said == SaidTime() and (answer := _cancel_ring(context, name)):
        return answer
    today = context.bell.alarms.now().date()
    waiting = _some_alarms(context)
    try:
        found = [
            alarm for alarm in waiting if is_called(alarm, name) and is_meant(alarm, said, today)
        ]
    except AlarmTimeError as error:
        raise ToolError(str(error)) from error
    if not found:
        raise ToolError(f"There is no such alarm. {alarms_there(waiting, today)}")
    if len(found) > 1:
        raise ToolError(f"{alarms_there(waiting, today)} Which one should I cancel?")
    return _cancel(context, found[0], said)


def _cancel(context: ToolContext, alarm: StoredAlarm, said: SaidTime) -> str:
    alarms = context.bell.alarms
    title = alarm_title(alarm.name, alarm.rule)
    today = alarms.now().date()
    day = day_to_skip(alarm, said, today)
    if day is None:
        alarms.cancel(alarm)
        return f"Your {title} is cancelled."
    changed = alarms.skip(alarm, day)
    assert changed.next_day is not None  # it repeats
    again = day_words(changed.next_day, today)
    return f"Your {title} won't ring {day_words(day, today)}. It rings again {again}."


def _cancel_ring(context: ToolContext, name: str) -> str:
    """Silence an alarm that rings, has just rung, or is snoozed; return "" when none does."""
    wanted = name_key(plain_name(name))
    for ring in reversed(context.bell.recent(JUST_RANG_S)):
        if ring.kind == "alarm" and (not wanted or wanted == name_key(plain_name(ring.title))):
            context.bell.silence(ring)
            return f"Your {ring.title} is off."
    for snoozed in context.bell.timers.snoozed():
        if not wanted or wanted == name_key(plain_name(snoozed.title())):
            context.bell.timers.cancel(snoozed)
            return f"Your {snoozed.title()} is off."
    return ""


@tool("Tell which alarms are set.")
async def list_alarms(context: ToolContext) -> str:
    """Return "You have two alarms: 6:30 AM tomorrow and the school alarm at 7:00 AM every day."."""
    waiting = context.bell.alarms.alarms()
    today = context.bell.alarms.now().date()
    snoozed = [
        f"Your {each.title()} is snoozed for {duration_words(each.left_s())}."
        for each in context.bell.timers.snoozed()
    ]
    if not waiting:
        return " ".join(snoozed) or "There is no alarm set."
    if len(waiting) == 1:
        said = f"Your {_an_alarm(waiting[0].name)} is set for {alarm_when(waiting[0], today)}."
    else:
        said = f"You have {alarms_listed(waiting, today)}."
    return " ".join([*snoozed, said])


@tool(
    "Let what is ringing, or has just rung, ring again later.",
    {"minutes": {"type": "integer", "minimum": 1, "maximum": 60}},
    has_effects=True,
    doing=lambda minutes=SNOOZE_MINUTES: f"ring again in {duration_words(60 * minutes)}",
)
async def snooze(context: ToolContext, minutes: int = SNOOZE_MINUTES) -> str:
    """Return "I'll ring again in five minutes."."""
    rings = context.bell.recent()
    if not rings:
        raise ToolError("Nothing is ringing.")
    # Of a timer and an alarm at once it is the alarm that people doze through.
    alarms = [ring for ring in rings if ring.kind == "alarm"]
    context.bell.snooze((alarms or rings)[-1], minutes)
    return f"I'll ring again in {duration_words(60 * minutes)}."


def _some_alarms(context: ToolContext) -> list[StoredAlarm]:
    waiting = context.bell.alarms.alarms()
    if not waiting:
        raise ToolError("There is no alarm set.")
    return waiting
