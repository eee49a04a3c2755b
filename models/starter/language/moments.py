"""When an alarm rings: a time with its day ("tomorrow at seven") or its repetition; no I/O."""

from __future__ import annotations

from random import Random

from models.starter.language.clock_times import HALF_DAYS, any_clock, in_part, twelve_hour
from models.starter.language.corrections import corrected
from models.starter.language.figures import Arguments, Said

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
TODAY = (("this morning", "am"), ("this afternoon", "pm"), ("this evening", "pm"))
DAILY = ("every day", "every day", "every day", "daily", "each day", "every single day",
         "seven days a week", "all week", "everyday", "on every day")  # fmt: skip
ON_WEEKDAYS = ("on weekdays", "on weekdays", "every weekday", "each weekday", "weekdays",
               "monday to friday", "monday through friday", "from monday to friday",
               "on workdays", "every workday", "on work days", "every work day",
               "on school days", "every school day", "during the week")  # fmt: skip
ON_WEEKENDS = ("on weekends", "on weekends", "every weekend", "weekends", "at the weekend",
               "on the weekend", "each weekend", "on the weekends", "saturdays and sundays",
               "on saturdays and sundays", "every saturday and sunday",
               "saturday and sunday")  # fmt: skip
PARTS = ("morning", "morning", "morning", "afternoon", "evening", "night")


def _weekday(rng: Random) -> Said:
    name = rng.choice(WEEKDAYS)
    before = rng.choice(("", "", "on ", "on ", "on ", "this ", "next ", "the coming ", "on next "))
    return before + name, {"day": name}


def day(rng: Random) -> Said:
    """Return one day as it follows or precedes a time, with the argument it means."""
    if rng.random() < 0.04:
        wrong, (right, meant) = _day(rng)[0], _day(rng)
        return corrected(wrong, right, rng), meant
    return _day(rng)


def _day(rng: Random) -> Said:
    if rng.random() < 0.5:
        return "tomorrow", {"day": "tomorrow"}
    if rng.random() < 0.12:
        return rng.choice(("today", "today", "later today")), {"day": "today"}
    return _weekday(rng)


def plain_day(rng: Random) -> Said:
    """Return a day as it stands before a noun or its "'s": "tomorrow", "monday"."""
    name = rng.choice(("tomorrow", "tomorrow", "tomorrow", "today", *WEEKDAYS))
    return name, {"day": name}


def weekday(rng: Random) -> Said:
    """Return the bare name of a day of the week."""
    name = rng.choice(WEEKDAYS)
    return name, {"day": name}


def half(rng: Random) -> Said:
    """Return the part of a day that tells an alarm from others: "my morning alarm"."""
    part = rng.choice(PARTS)
    return part, {"period": HALF_DAYS[part][0]}


def time_of_day(rng: Random) -> Said:
    """Return a time whose half of the day was said before it, so that it has no argument for it."""
    clock = twelve_hour(rng, 1, 11)
    return clock.text, clock.arguments()


def repeated(rng: Random) -> Said:
    """Return how often an alarm rings that has its time, with the arguments it means."""
    while True:
        text, meant = repetition(rng)
        if "period" not in meant:
            return text, meant


def day_part(rng: Random) -> Said:
    """Return a part of one day, such as "tomorrow morning", with the arguments it means."""
    if rng.random() < 0.2:
        text, period = rng.choice(TODAY)
        return text, {"period": period}
    part = rng.choice(PARTS)
    text, meant = _day(rng)
    if "today" in meant.values():
        text, meant = "tomorrow", {"day": "tomorrow"}
    return f"{text} {part}", {"period": HALF_DAYS[part][0], **meant}


def moment(rng: Random) -> Said:
    """Return a time, mostly with its day, as it follows "for", with the arguments it means."""
    kind = rng.random()
    if kind < 0.42:
        clock = any_clock(rng, dated=False)
        return clock.text, clock.arguments()
    if kind < 0.72:
        clock = any_clock(rng)
        text, meant = day(rng)
        return _joined(rng, clock.text, text), clock.arguments() | meant
    part = rng.choice(PARTS)
    clock = in_part(rng, part)
    if kind < 0.8:
        text, meant = _today(rng, part)
    else:
        said, meant = _day(rng)
        if "today" in meant.values():
            said, meant = "tomorrow", {"day": "tomorrow"}
        text = f"{said} {part}"
    return _joined(rng, clock.text, text), clock.arguments() | meant


def _today(rng: Random, part: str) -> Said:
    if part == "night":
        return "tonight", {}
    said = [f"this {part}", f"in the {part}"]
    if part == "evening":
        said.append("tonight")
    return rng.choice(said), {}


def _joined(rng: Random, clock: str, when: str) -> str:
    """Return a time and its day in either order."""
    if rng.random() < 0.5:
        return f"{clock} {when}"
    at = rng.choice((" at ", " at ", " at ", " ", " around ", " for "))
    return f"{when.removeprefix('on ')}{at}{clock}"


def repetition(rng: Random) -> Said:
    """Return how often an alarm rings, with the arguments it means."""
    kind = rng.random()
    if kind < 0.25:
        return rng.choice(DAILY), {"repeat": "daily"}
    if kind < 0.38:
        part = rng.choice(PARTS)
        each = rng.choice(("every", "every", "every", "each"))
        return f"{each} {part}", {"period": HALF_DAYS[part][0], "repeat": "daily"}
    if kind < 0.6:
        return rng.choice(ON_WEEKDAYS), {"repeat": "weekdays"}
    if kind < 0.65:
        part = rng.choice(PARTS)
        text = rng.choice((f"every weekday {part}", f"on weekday {part}s", f"weekday {part}s"))
        return text, {"period": HALF_DAYS[part][0], "repeat": "weekdays"}
    if kind < 0.75:
        return rng.choice(ON_WEEKENDS), {"repeat": "weekends"}
    return _weekly(rng)


def _weekly(rng: Random) -> Said:
    name = rng.choice(WEEKDAYS)
    meant: Arguments = {"day": name, "repeat": "weekly"}
    if rng.random() < 0.25:
        part = rng.choice(PARTS)
        by_part = (f"every {name} {part}", f"each {name} {part}", f"on {name} {part}s")
        return rng.choice(by_part), {"period": HALF_DAYS[part][0], **meant}
    said = (f"every {name}", f"every {name}", f"on {name}s", f"each {name}", f"{name}s",
            f"every week on {name}", f"weekly on {name}", f"once a week on {name}")  # fmt: skip
    return rng.choice(said), meant


def routine(rng: Random) -> Said:
    """Return a time with its repetition, as it follows "for", with the arguments it means."""
    text, meant = repetition(rng)
    period = meant.get("period")
    if period:
        part = next(part for part in HALF_DAYS if part in text)
        clock = in_part(rng, part)
    else:
        clock = any_clock(rng)
    return _joined(rng, clock.text, text), clock.arguments() | meant
