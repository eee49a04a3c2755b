"""Lengths of time as people say and type them, each with its arguments; no I/O."""

from __future__ import annotations

from random import Random

from models.starter.language.corrections import corrected
from models.starter.language.figures import Said, say_number

UNITS = {"hours": (1, 12), "minutes": (1, 60), "seconds": (1, 90)}
SHORT = {
    "hours": ("h", "hr", "hrs"),
    "minutes": ("m", "min", "mins"),
    "seconds": ("s", "sec", "secs"),
}
SET_PHRASES: tuple[Said, ...] = (
    ("half an hour", {"minutes": 30}), ("a half hour", {"minutes": 30}),
    ("half hour", {"minutes": 30}), ("thirty minutes", {"minutes": 30}),
    ("a quarter of an hour", {"minutes": 15}), ("quarter of an hour", {"minutes": 15}),
    ("a quarter hour", {"minutes": 15}), ("three quarters of an hour", {"minutes": 45}),
    ("an hour", {"hours": 1}), ("one hour", {"hours": 1}), ("a minute", {"minutes": 1}),
    ("half a minute", {"seconds": 30}), ("a minute and a half", {"minutes": 1, "seconds": 30}),
    ("one and a half minutes", {"minutes": 1, "seconds": 30}),
    ("an hour and a half", {"hours": 1, "minutes": 30}),
    ("one and a half hours", {"hours": 1, "minutes": 30}),
    ("an hour and a quarter", {"hours": 1, "minutes": 15}),
    ("an hour and fifteen", {"hours": 1, "minutes": 15}),
    ("a couple of minutes", {"minutes": 2}), ("a couple minutes", {"minutes": 2}),
    ("a couple of hours", {"hours": 2}), ("a full hour", {"hours": 1}),
    ("1.5 hours", {"hours": 1, "minutes": 30}), ("2.5 minutes", {"minutes": 2, "seconds": 30}),
    ("1 1/2 hours", {"hours": 1, "minutes": 30}), ("1/2 hour", {"minutes": 30}),
    ("a dozen minutes", {"minutes": 12}), ("one minute", {"minutes": 1}),
)  # fmt: skip
SET_SPANS: tuple[Said, ...] = (
    ("half hour", {"minutes": 30}), ("half an hour", {"minutes": 30}), ("hour", {"hours": 1}),
    ("minute", {"minutes": 1}), ("quarter hour", {"minutes": 15}), ("half minute", {"seconds": 30}),
    ("hour and a half", {"hours": 1, "minutes": 30}), ("one hour", {"hours": 1}),
    ("half-hour", {"minutes": 30}), ("one minute", {"minutes": 1}),
    ("quarter of an hour", {"minutes": 15}),
)  # fmt: skip


def _amount(rng: Random, unit: str) -> int:
    low, high = UNITS[unit]
    if unit != "hours" and rng.random() < 0.45:
        return rng.choice((2, 3, 5, 10, 15, 20, 25, 30, 35, 40, 45, 50, 55, 60, 90))
    return rng.randint(low, high) if rng.random() < 0.93 else rng.randint(low, high * 2)


def _unit(rng: Random, n: int, unit: str, digits: bool) -> str:
    if digits and rng.random() < 0.35:
        return rng.choice(("", " ")) + rng.choice(SHORT[unit])
    # A recogniser often drops the plural's s.
    return f" {unit[:-1] if n == 1 or rng.random() < 0.06 else unit}"


def _plain(rng: Random, digits: bool) -> Said:
    unit = rng.choices(tuple(UNITS), (15, 70, 15))[0]
    n = _amount(rng, unit)
    return say_number(n, rng, digits) + _unit(rng, n, unit, digits), {unit: n}


def _pair(rng: Random, digits: bool) -> Said:
    big, small = rng.choice((("hours", "minutes"), ("hours", "minutes"), ("minutes", "seconds")))
    a, b = rng.randint(1, 5 if big == "hours" else 15), rng.randint(1, 59)
    if rng.random() < 0.5:
        b = rng.choice((5, 10, 15, 20, 25, 30, 40, 45, 50))
    first = say_number(a, rng, digits) + _unit(rng, a, big, digits)
    if a == 1 and not digits and rng.random() < 0.5:
        first = f"{'an' if big == 'hours' else 'a'} {big[:-1]}"
    # "one hour twenty": the smaller unit goes without saying.
    unit = "" if rng.random() < 0.2 and b > 9 else _unit(rng, b, small, digits)
    link = rng.choice((" and ", " and ", " ", " plus "))
    return first + link + say_number(b, rng, digits) + unit, {big: a, small: b}


PARTS = (("a half", 30), ("a half", 30), ("a half", 30), ("a quarter", 15), ("three quarters", 45))
"""Of an hour, in minutes; of a minute, in seconds."""


def _halves(rng: Random, digits: bool) -> Said:
    big, small = rng.choice((("hours", "minutes"), ("minutes", "seconds")))
    n = rng.randint(1, 12)
    number = say_number(n, rng, digits)
    part, worth = rng.choice(PARTS)
    if rng.random() < 0.7:
        return f"{number} and {part} {big}", {big: n, small: worth}
    return f"{number} {big[:-1] if n == 1 else big} and {part}", {big: n, small: worth}


def _triple(rng: Random, digits: bool) -> Said:
    hours, minutes, seconds = rng.randint(1, 3), rng.randint(1, 59), rng.choice((10, 15, 30, 45))
    parts = [
        say_number(n, rng, digits) + _unit(rng, n, unit, digits)
        for n, unit in ((hours, "hours"), (minutes, "minutes"), (seconds, "seconds"))
    ]
    said = f"{parts[0]} {parts[1]}{rng.choice((' and ', ' '))}{parts[2]}"
    return said, {"hours": hours, "minutes": minutes, "seconds": seconds}


def duration(rng: Random) -> Said:
    """Return a length of time, as said, with the arguments it means."""
    digits = rng.random() < 0.3
    kind = rng.random()
    if kind < 0.18:
        return rng.choice(SET_PHRASES)
    if kind < 0.32:
        return _pair(rng, digits)
    if kind < 0.39:
        return _halves(rng, digits)
    if kind < 0.41:
        return _triple(rng, digits)
    if kind < 0.48:
        wrong = rng.choice((_plain(rng, digits)[0], say_number(rng.randint(1, 60), rng, digits)))
        right, meant = _plain(rng, digits)
        return corrected(wrong, right, rng), meant
    said, meant = _plain(rng, digits)
    return (f"{rng.choice(ABOUT)} {said}" if rng.random() < 0.03 else said), meant


ABOUT = ("about", "exactly", "around", "just", "another", "the next", "like")


def span(rng: Random) -> Said:
    """Return a length of time used before a noun ("five minute"), with its arguments."""
    if rng.random() < 0.2:
        return rng.choice(SET_SPANS)
    digits = rng.random() < 0.3
    unit = rng.choices(tuple(UNITS), (15, 70, 15))[0]
    n = _amount(rng, unit)
    if digits and rng.random() < 0.3:
        return f"{n}{_unit(rng, n, unit, digits)}", {unit: n}
    link = "-" if rng.random() < 0.12 else " "
    ending = unit if n > 1 and rng.random() < 0.12 else unit[:-1]
    return f"{say_number(n, rng, digits)}{link}{ending}", {unit: n}


def span_name(rng: Random) -> Said:
    """Return a length of time that tells which timer is meant: "ten minute", as its name."""
    text = span(rng)[0]
    return text, {"name": text}


def duration_name(rng: Random) -> Said:
    """Return a plain length of time that tells which timer is meant: "ten minutes"."""
    text = _plain(rng, rng.random() < 0.3)[0]
    return text, {"name": text}


def more_time(rng: Random) -> Said:
    """Return a length of time with "more" in it, as in "give me five more minutes"."""
    unit = rng.choices(tuple(UNITS), (8, 77, 15))[0]
    n = _amount(rng, unit)
    digits = rng.random() < 0.25
    word = _unit(rng, n, unit, False)
    if n == 1 and not digits and rng.random() < 0.6:
        return rng.choice((f"another {unit[:-1]}", f"one more {unit[:-1]}")), {unit: n}
    if unit == "minutes" and rng.random() < 0.06:
        return rng.choice(("another half hour", "half an hour more", "half an hour longer")), {
            unit: 30
        }
    number = say_number(n, rng, digits)
    said = (f"{number} more{word}", f"{number} more{word}", f"another {number}{word}",
            f"{number}{word} more", f"{number}{word} longer", f"{number} extra{word}",
            f"an extra {number}{word}", f"an additional {number}{word}")  # fmt: skip
    return rng.choice(said), {unit: n}


def more_span(rng: Random) -> Said:
    """Return minutes with "more" in it, for whoever wants to sleep on."""
    while True:
        said, meant = more_time(rng)
        if "minutes" in meant:
            return said, meant


def only_minutes(rng: Random) -> Said:
    """Return a length of time that counts minutes alone."""
    if rng.random() < 0.12:
        return rng.choice(
            (("half an hour", {"minutes": 30}), ("a quarter of an hour", {"minutes": 15}),
             ("a minute", {"minutes": 1}), ("a couple of minutes", {"minutes": 2}),
             ("half hour", {"minutes": 30}), ("a half hour", {"minutes": 30}))
        )  # fmt: skip
    n = _amount(rng, "minutes")
    digits = rng.random() < 0.25
    return say_number(n, rng, digits) + _unit(rng, n, "minutes", digits), {"minutes": n}


def brief(rng: Random) -> Said:
    """Return a bare number of minutes: "make it ten" after a timer of minutes."""
    n = _amount(rng, "minutes")
    return say_number(n, rng, rng.random() < 0.25), {"minutes": n}
