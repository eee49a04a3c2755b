"""Converting units aloud."""

from __future__ import annotations

import math
from fractions import Fraction

from xtalk_edge.tools.context import ToolContext
from xtalk_edge.tools.figures import units
from xtalk_edge.tools.figures.arithmetic import LIMIT, spoken_number
from xtalk_edge.tools.figures.unit_table import Unit
from xtalk_edge.tools.registry import ToolError, tool
from xtalk_edge.tools.spoken import number_words

UNIT = {"type": "string", "maxLength": 32}

SMALLEST = Fraction(1, 10**6)
"""Below this a spoken number is a row of zeros."""


@tool(
    "Convert a measurement to another unit.",
    {
        "value": {"type": "number", "minimum": -999999, "maximum": 999999},
        "from_unit": UNIT,
        "to_unit": UNIT,
    },
    doing=lambda value=1, from_unit="that", to_unit="another unit": (
        f"convert {value} {from_unit} to {to_unit}"
    ),
)
async def convert(
    context: ToolContext, value: float = 1, from_unit: str = "", to_unit: str = ""
) -> str:
    """Return "Two cups are 16 fluid ounces."."""
    if not from_unit.strip():
        raise ToolError("What should I convert?")
    if not to_unit.strip():
        raise ToolError(f"To which unit should I convert the {from_unit}?")
    given = Fraction(repr(value))
    try:
        result, source, target = units.convert(given, from_unit, to_unit)
    except units.UnitError as error:
        raise ToolError(str(error)) from None
    if abs(result) > LIMIT:
        raise ToolError("That number is too big for me.")
    said = _number(given)
    verb = "is" if given == 1 or source.kind == "temperature" else "are"
    asked = f"{said[0].upper()}{said[1:]} {_unit(source, given)}"
    return f"{asked} {verb} {_measure(result, source, target)}."


def _measure(value: Fraction, source: Unit, target: Unit) -> str:
    if value and abs(value) < SMALLEST:
        return f"less than a millionth of {'an' if target.one[0] in 'aeio' else 'a'} {target.one}"
    rounded = sensible(value)
    exact = rounded == value and source.loose == target.loose
    return f"{'' if exact else 'about '}{spoken_number(rounded)} {_unit(target, rounded)}"


def sensible(value: Fraction) -> Fraction:
    """Return three figures, or all before the point; two decimals stay if they are exact."""
    if round(value, 2) == value:
        return value
    digits = 2 - math.floor(math.log10(abs(value)))
    return round(value, max(0, digits))


def _number(value: Fraction) -> str:
    if value.denominator == 1 and value >= 0:
        return number_words(value.numerator)
    return spoken_number(value)


def _unit(unit: Unit, value: Fraction) -> str:
    return unit.one if abs(value) == 1 else unit.many
