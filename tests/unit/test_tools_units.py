from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.tool_parts import run_call
from xtalk_edge.engines.interfaces import ToolCall
from xtalk_edge.tools.figures.conversion import convert as convert_tool
from xtalk_edge.tools.figures.conversion import sensible
from xtalk_edge.tools.figures.unit_table import KINDS
from xtalk_edge.tools.figures.units import UnitError, _listed, convert

UNITS = [unit for unit, _others in _listed()]
NAMES = sorted({name for unit, others in _listed() for name in (unit.one, unit.many, *others)})
VALUES = st.integers(0, 10**6) | st.decimals(0, 10**6, places=4)


@pytest.mark.parametrize(
    ("value", "source", "target", "sentence"),
    [
        (2, "cups", "ounces", "Two cups are 16 fluid ounces."),
        (8, "ounces", "cups", "Eight fluid ounces are 1 cup."),
        (5, "ounces", "grams", "Five ounces are about 142 grams."),
        (1, "mile", "feet", "One mile is 5280 feet."),
        (6, "feet", "centimetres", "Six feet are 182.88 centimeters."),
        (26.2, "miles", "km", "26.2 miles are about 42.2 kilometers."),
        (70, "fahrenheit", "celsius", "Seventy degrees Fahrenheit is about 21.1 degrees Celsius."),
        (20, "degrees", "fahrenheit", "Twenty degrees Celsius is 68 degrees Fahrenheit."),
        (-40, "F", "°C", "Minus 40 degrees Fahrenheit is minus 40 degrees Celsius."),
        (300, "kelvin", "celsius", "300 kelvins is 26.85 degrees Celsius."),
        (180, "degrees", "radians", "180 degrees are about 3.14 radians."),
        (60, "miles an hour", "kph",
         "Sixty miles per hour are about 96.6 kilometers per hour."),
        (5, "feet per minute", "m/s", "Five feet per minute are 0.0254 meters per second."),
        (100, "megabits per second", "megabytes per second",
         "100 megabits per second are 12.5 megabytes per second."),
        (3, "gigabytes", "MB", "Three gigabytes are 3000 megabytes."),
        (1, "gibibyte", "mebibytes", "One gibibyte is 1024 mebibytes."),
        (1, "acre", "sq ft", "One acre is 43560 square feet."),
        (5, "square miles", "km squared", "Five square miles are about 12.9 square kilometers."),
        (1, "cubic foot", "us gallons", "One cubic foot is about 7.48 gallons."),
        (1, "british pint", "ml", "One imperial pint is about 568 milliliters."),
        (1, "american cup", "tablespoons", "One cup is 16 tablespoons."),
        (1, "the year", "days", "One year is about 365 days."),
        (3, "years", "months", "Three years are 36 months."),
        (30, "psi", "bar", "Thirty pounds per square inch are about 2.07 bars."),
        (200, "calories", "kilojoules", "200 calories are 836.8 kilojoules."),
        (1, "horsepower", "watts", "One horsepower is about 746 watts."),
        (1, "inch", "light years", "One inch is less than a millionth of a light year."),
        (1, "gram", "long tons", "One gram is less than a millionth of a long ton."),
        (1, "foot", "astronomical units",
         "One foot is less than a millionth of an astronomical unit."),
        (0, "cups", "cups", "Zero cups are 0 cups."),
        (1, "light year", "inches", "That number is too big for me."),
        (5, "pounds", "miles", "Pounds are a weight, and miles a length."),
        (1, "cup", "grams", "Cups are a volume, and grams a weight."),
        (-500, "celsius", "kelvin", "Nothing is colder than minus 273.15 degrees Celsius."),
        (1, "smoot", "feet", "Sorry, I don't know the unit smoot."),
        (1, "feet", "?", "Sorry, I don't know the unit you mean."),
        (1, "miles per gallon", "feet", "Sorry, I don't know the unit miles per gallon."),
        (1, "square pounds", "feet", "Sorry, I don't know the unit square pounds."),
    ],
)  # fmt: skip
def test_conversions(tmp_path, value, source, target, sentence):
    arguments = {"value": value, "from_unit": source, "to_unit": target}
    call = ToolCall("convert", arguments)
    assert run_call(tmp_path, call, tools=(convert_tool,)).content == sentence


def test_what_is_missing_is_asked_for(tmp_path):
    def say(**arguments):
        return run_call(tmp_path, ToolCall("convert", arguments), tools=(convert_tool,)).content

    assert say(value=2) == "What should I convert?"
    assert say(from_unit="cups") == "To which unit should I convert the cups?"
    assert say(from_unit="mile", to_unit="feet") == "One mile is 5280 feet."
    arguments = {"value": 2, "from_unit": "cups", "to_unit": "ounces"}
    assert convert_tool.in_words(arguments) == "convert 2 cups to ounces"


def test_every_unit_has_a_size_and_a_kind():
    assert {unit.kind for unit in UNITS} | {"speed", "data rate"} == set(KINDS)
    assert all(unit.factor > 0 for unit in UNITS)


def test_every_name_is_understood():
    for name in NAMES:
        value, source, target = convert(Fraction(7), name, name)
        assert source.kind == target.kind, name
        assert (value == 7) == (source.factor == target.factor), name


@given(value=VALUES, pair=st.tuples(st.sampled_from(UNITS), st.sampled_from(UNITS)))
def test_there_and_back_is_exact(value, pair):
    one, other = pair
    try:
        there, source, target = convert(Fraction(value), one.many, other.many)
    except UnitError:
        assert one.kind != other.kind or one.kind == "temperature"
        return
    back, *_ = convert(there, target.many, source.many)
    assert back == Fraction(value)


@given(value=st.fractions(min_value=Fraction(1, 10**6), max_value=10**12))
def test_rounding_keeps_three_figures(value):
    assert abs(sensible(value) - value) <= value / 199
    assert sensible(-value) == -sensible(value)


@given(
    source=st.text(max_size=20) | st.sampled_from(NAMES),
    target=st.lists(
        st.sampled_from(
            ["square", "cubic", "per", "feet", "us", "imperial", "hour", "a", "/", "°"]
        ),
        max_size=6,
    ).map(" ".join),
)
def test_no_name_breaks_the_converter(source, target):
    for one, other in ((source, target), (target, source)):
        try:
            convert(Fraction(1), one, other)
        except UnitError as error:
            assert str(error).endswith(".")
