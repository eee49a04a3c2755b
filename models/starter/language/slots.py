"""The slots that carry a value: each makes what people say and the arguments it means; no I/O."""

from __future__ import annotations

from collections.abc import Callable
from random import Random

from models.starter.language.clock_times import clock_name, clock_time, settled_time
from models.starter.language.dates import date, near_date, stretch
from models.starter.language.durations import (
    brief,
    duration,
    duration_name,
    more_span,
    more_time,
    only_minutes,
    span,
    span_name,
)
from models.starter.language.figures import Said, any_number, say_number
from models.starter.language.free_text import FREE_TEXT
from models.starter.language.moments import (
    day,
    day_part,
    half,
    moment,
    plain_day,
    repeated,
    repetition,
    routine,
    time_of_day,
    weekday,
)
from models.starter.language.places import place
from models.starter.language.sums import calculation, ordered_calculation
from models.starter.language.things import THINGS
from models.starter.language.units import UNITS


def level(rng: Random) -> Said:
    """Return a bare volume: one to ten are steps of ten, anything above is per cent."""
    n = rng.randint(0, 10) if rng.random() < 0.7 else rng.choice(range(11, 101))
    said = say_number(n, rng, rng.random() < 0.3)
    return said, {"percent": n * 10 if n <= 10 else n}


def percentage(rng: Random) -> Said:
    """Return a volume in per cent."""
    n = rng.randrange(0, 101, 5) if rng.random() < 0.6 else rng.randint(0, 100)
    if rng.random() < 0.35:
        return f"{n}{rng.choice(('%', ' %', ' percent'))}", {"percent": n}
    unit = rng.choice(("percent", "percent", "per cent"))
    return f"{say_number(n, rng, False)} {unit}", {"percent": n}


def amount(rng: Random) -> Said:
    """Return a volume, as a level or in per cent."""
    return level(rng) if rng.random() < 0.6 else percentage(rng)


def clock_hour(rng: Random) -> Said:
    """Return an hour of the day; it means nothing to any tool."""
    n = rng.randint(1, 12)
    hour = say_number(n, rng, rng.random() < 0.2)
    minutes = rng.choice(("thirty", "fifteen", "forty five", "twenty", "oh five"))
    endings = ("", "", "", " o'clock", " am", " pm", f" {minutes}")
    before = rng.choice(("", "", "", "", "half past ", "quarter to ", "quarter past "))
    return before + hour + (rng.choice(endings) if not before else ""), {}


def number(rng: Random) -> Said:
    """Return any number as text only."""
    return say_number(any_number(rng), rng, rng.random() < 0.2), {}


SLOTS: dict[str, Callable[[Random], Said]] = {
    "duration": duration,
    "span": span,
    "level": level,
    "percent": percentage,
    "amount": amount,
    "sum": calculation,
    "order_sum": ordered_calculation,
    "hour": clock_hour,
    "number": number,
    "time": clock_time,
    "clock_name": clock_name,
    "moment": moment,
    "routine": routine,
    "which_day": day,
    "plain_day": plain_day,
    "day_part": day_part,
    "time_of_day": time_of_day,
    "half": half,
    "every": repeated,
    "plain_weekday": weekday,
    "clock": settled_time,
    "repetition": repetition,
    "date": date,
    "near_date": near_date,
    "stretch": stretch,
    "city": place,
    "minutes": only_minutes,
    "span_name": span_name,
    "duration_name": duration_name,
    "more": more_time,
    "more_span": more_span,
    "brief": brief,
    **FREE_TEXT,
    **THINGS,
    **UNITS,
}

CORRECTED = frozenset(
    {
        "name",
        "alarm_name",
        "date",
        "city",
        "stretch",
        "minutes",
        "span",
        "level",
        "percent",
        "amount",
        "brief",
    }
)
"""Slots in which the filler lets people change their mind; others see to it themselves."""
