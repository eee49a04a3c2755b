"""Converts between units as people name them (pure).

"ounces" are a weight or a volume, whichever the other unit is; "miles an hour" and "square feet"
are put together from their parts.
"""

from __future__ import annotations

import functools
import itertools
import re
from collections.abc import Iterator
from fractions import Fraction

from xtalk_edge.tools.figures.unit_table import (
    ABBREVIATIONS,
    BINARY,
    KINDS,
    LOOSE_UNITS,
    METRIC,
    METRIC_UNITS,
    SPEEDS,
    TEMPERATURES,
    UNITS,
    Unit,
)

PER = re.compile(r" (?:per|an?|each) ")
QUOTIENTS = {("length", "time"): "speed", ("data", "time"): "data rate"}
POWERS = {"square": (2, "area"), "cubic": (3, "volume")}
POWER_WORDS = {"sq": "square", "squared": "square", "cubed": "cubic", "cu": "cubic"}

CUBIC_METER_LITERS = 1000
"""Volumes are kept in litres."""


class UnitError(ValueError):
    """There is no such conversion; the message is a sentence for the owner."""


def convert(value: Fraction, source: str, target: str) -> tuple[Fraction, Unit, Unit]:
    """Return the value in the target unit, and which units were meant.

    Raises:
        UnitError: a unit is unknown, they measure different things, or it is colder than can be.
    """
    from_units, to_units = _meanings(source), _meanings(target)
    same_kind = [
        pair for pair in itertools.product(from_units, to_units) if pair[0].kind == pair[1].kind
    ]
    if not same_kind:
        one, other = from_units[0], to_units[0]
        first, second = KINDS[one.kind], KINDS[other.kind]
        raise UnitError(
            f"{one.many[0].upper()}{one.many[1:]} are {first}, and {other.many} {second}."
        )
    # "degrees in fahrenheit" are Celsius: nobody asks for what is known.
    source_unit, target_unit = next(
        (pair for pair in same_kind if pair[0] != pair[1]), same_kind[0]
    )
    base = value * source_unit.factor + source_unit.offset
    if source_unit.kind == "temperature" and base < 0:
        raise UnitError("Nothing is colder than minus 273.15 degrees Celsius.")
    return (base - target_unit.offset) / target_unit.factor, source_unit, target_unit


def _meanings(name: str) -> tuple[Unit, ...]:
    """Return every unit of that name, the usual one first; there is at least one."""
    plain = re.sub(r"\s+", " ", re.sub(r"[^a-z0-9 /]", " ", name.lower().replace("°", ""))).strip()
    plain = re.sub(r"^(?:the|in|to|into|of) ", "", plain)
    found = _known(plain) or _quotient(plain) or _power(plain)
    if not found:
        raise UnitError(f"Sorry, I don't know the unit {plain or 'you mean'}.")
    return found


def _known(plain: str) -> tuple[Unit, ...]:
    imperial = re.sub(r"^(?:british|uk|english) ", "imperial ", plain)
    usual = re.sub(r"^(?:us|american) ", "", plain)
    names = _names()
    return names.get(plain) or names.get(imperial) or names.get(usual, ())


def _quotient(plain: str) -> tuple[Unit, ...]:
    parts = PER.split(SPEEDS.get(plain, plain).replace("/", " per "))
    if len(parts) != 2:
        return ()
    over, under = (_known(re.sub(r"\s+", " ", part).strip()) for part in parts)
    return tuple(
        Unit(
            QUOTIENTS[(top.kind, bottom.kind)],
            f"{top.one} per {bottom.one}",
            f"{top.many} per {bottom.one}",
            top.factor / bottom.factor,
        )
        for top, bottom in itertools.product(over, under)
        if (top.kind, bottom.kind) in QUOTIENTS
    )


def _power(plain: str) -> tuple[Unit, ...]:
    words = [POWER_WORDS.get(word, word) for word in plain.split()]
    found = [word for word in words if word in POWERS]
    if len(found) != 1:
        return ()
    exponent, kind = POWERS[found[0]]
    side = _known(" ".join(word for word in words if word not in POWERS))
    scale = CUBIC_METER_LITERS if exponent == 3 else 1
    return tuple(
        Unit(
            kind, f"{found[0]} {unit.one}", f"{found[0]} {unit.many}", unit.factor**exponent * scale
        )
        for unit in side
        if unit.kind == "length"
    )


@functools.cache
def _names() -> dict[str, tuple[Unit, ...]]:
    names: dict[str, tuple[Unit, ...]] = {}
    for unit, others in _listed():
        for name in (unit.one.lower(), unit.many.lower(), *others):
            if unit not in names.get(name, ()):
                names[name] = (*names.get(name, ()), unit)
    for short, full in ABBREVIATIONS.items():
        names[short] = (*names[full], *names.get(short, ()))
    return names


def _listed() -> Iterator[tuple[Unit, list[str]]]:
    """Yield every unit of the tables with its other names."""
    for kind, one, many, factor, others in (*METRIC_UNITS, *UNITS):
        yield Unit(kind, one, many, Fraction(factor)), _split(others)
    for kind, one, many, factor, others in LOOSE_UNITS:
        yield Unit(kind, one, many, Fraction(factor), loose=True), _split(others)
    for one, many, factor, offset, others in TEMPERATURES:
        unit = Unit("temperature", one, many, Fraction(factor), Fraction(offset))
        yield unit, ["degrees", *_split(others)]
    for kind, one, many, factor, others in METRIC_UNITS:
        prefixes = {prefix: Fraction(size) for prefix, size in METRIC.items()}
        if kind == "data":
            prefixes |= {prefix: Fraction(size) for prefix, size in BINARY.items()}
        for prefix, size in prefixes.items():
            unit = Unit(kind, prefix + one, prefix + many, size * Fraction(factor))
            yield unit, [prefix + other for other in _split(others)]


def _split(names: str) -> list[str]:
    return names.split(",") if "," in names else names.split()
