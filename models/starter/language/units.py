"""Measures people convert, and how they name them; no I/O."""

from __future__ import annotations

from random import Random

from models.starter.language.figures import Arguments, Said, say_number

MEASURES: tuple[tuple[tuple[str, ...], ...], ...] = (
    # Length.
    (("mile", "miles"), ("kilometer", "kilometers", "kilometre", "kilometres", "km"),
     ("meter", "meters", "metre", "metres", "m"), ("centimeter", "centimeters", "cm"),
     ("millimeter", "millimeters", "mm"), ("inch", "inches"), ("foot", "feet"),
     ("yard", "yards"), ("nautical mile", "nautical miles"), ("light year", "light years")),
    # Weight.
    (("pound", "pounds", "lbs"), ("ounce", "ounces"), ("kilogram", "kilograms", "kg"),
     ("kilo", "kilos"), ("gram", "grams", "g"), ("milligram", "milligrams"), ("stone", "stones"),
     ("ton", "tons"), ("tonne", "tonnes")),
    # Volume.
    (("cup", "cups"), ("ounce", "ounces"), ("fluid ounce", "fluid ounces"),
     ("tablespoon", "tablespoons"), ("teaspoon", "teaspoons"), ("liter", "liters", "litres"),
     ("milliliter", "milliliters", "ml"), ("deciliter", "deciliters"), ("pint", "pints"),
     ("quart", "quarts"), ("gallon", "gallons")),
    # Temperature: "degrees" is left out of the call.
    (("fahrenheit", "fahrenheit"), ("celsius", "celsius", "centigrade"), ("kelvin", "kelvin")),
    # Time.
    (("second", "seconds"), ("minute", "minutes"), ("hour", "hours"), ("day", "days"),
     ("week", "weeks"), ("month", "months"), ("year", "years")),
    # Speed.
    (("mile per hour", "miles per hour", "miles an hour", "mph"), ("knot", "knots"),
     ("kilometer per hour", "kilometers per hour", "kilometers an hour"),
     ("meter per second", "meters per second")),
    # Area.
    (("acre", "acres"), ("hectare", "hectares"), ("square meter", "square meters"),
     ("square foot", "square feet"), ("square mile", "square miles"),
     ("square kilometer", "square kilometers")),
    # Data.
    (("megabyte", "megabytes"), ("gigabyte", "gigabytes"), ("kilobyte", "kilobytes"),
     ("terabyte", "terabytes"), ("byte", "bytes"), ("bit", "bits")),
    # Energy and power.
    (("calorie", "calories"), ("joule", "joules"), ("kilojoule", "kilojoules"),
     ("watt", "watts"), ("kilowatt", "kilowatts"), ("horsepower", "horsepower")),
)  # fmt: skip
"""By kind of measure: each unit as one is said, then as several are."""
OFTEN = (0, 0, 0, 1, 1, 1, 2, 2, 2, 3, 3, 3, 4, 5, 6, 7, 8)
"""Which kinds people ask for, by how often."""
TEMPERATURES = MEASURES[3]


PARTS = (
    ("half a", 0.5), ("0.5", 0.5), ("one half", 0.5), ("a quarter of a", 0.25),
    ("three quarters of a", 0.75), ("one and a half", 1.5),
)  # fmt: skip


def conversion(rng: Random) -> Said:
    """Return an amount and another unit, as in "how many ounces are in two cups"."""
    source, target = _pair(rng)
    said, value = _amount(rng)
    one = said.endswith((" a", "a", "one", "one half", "1"))
    if source in TEMPERATURES:
        return _temperature(said, value, source, target, rng)
    unit = source[0] if one else rng.choice(source[1:])
    wanted = rng.choice(target[1:])
    asked = (_many(said, unit, wanted, rng), _in(said, unit, wanted, rng))
    return rng.choice(asked), {"value": value, "from_unit": unit, "to_unit": wanted}


def _pair(rng: Random) -> tuple[tuple[str, ...], tuple[str, ...]]:
    source, target = rng.sample(MEASURES[rng.choice(OFTEN)], 2)
    return source, target


def _amount(rng: Random) -> tuple[str, int | float]:
    kind = rng.random()
    if kind < 0.2:
        return rng.choice(("a", "one", "one", "1")), 1
    if kind < 0.27:
        return rng.choice(PARTS)
    if kind < 0.4:
        whole, part = rng.randint(1, 40), rng.choice("123456789")
        if rng.random() < 0.3:
            return f"{say_number(whole, rng, False)} and a half", whole + 0.5
        if rng.random() < 0.5:
            return f"{whole}.{part}", float(f"{whole}.{part}")
        spoken = say_number(int(part), rng, False)
        return f"{say_number(whole, rng, False)} point {spoken}", float(f"{whole}.{part}")
    n = rng.choice((rng.randint(2, 20), rng.randint(2, 120), rng.randrange(25, 2001, 25)))
    return say_number(n, rng, rng.random() < 0.4), n


def _temperature(
    said: str, value: int | float, source: tuple[str, ...], target: tuple[str, ...], rng: Random
) -> Said:
    minus = ""
    if value > 1 and rng.random() < 0.12:
        minus, value = "minus ", -value
    said = "one" if said == "a" else said
    degrees = rng.choice((" degrees", " degrees", " degree" if value == 1 else " degrees", ""))
    unit, wanted = rng.choice(source[1:]), rng.choice(target[1:])
    amount = f"{minus}{said}{degrees} {unit}"
    form = rng.choice(
        ("what is {} in {}", "what's {} in {}", "convert {} to {}", "{} in {}", "{} to {}",
         "how much is {} in {}", "how hot is {} in {}", "change {} to {}", "{} is what in {}",
         "tell me what {} is in {}", "what would {} be in {}", "turn {} into {}")
    )  # fmt: skip
    wanted_said = rng.choice(("", "", "", "degrees ")) + wanted
    arguments: Arguments = {"value": value, "from_unit": unit, "to_unit": wanted}
    return form.format(amount, wanted_said), arguments


def _many(said: str, unit: str, wanted: str, rng: Random) -> str:
    article = "an" if said == "a" and unit[0] in "aeiou" else said
    form = rng.choice(
        ("how many {w} are in {n} {u}", "how many {w} in {n} {u}", "how many {w} is {n} {u}",
         "how many {w} are there in {n} {u}", "how many {w} make {n} {u}",
         "how many {w} does {n} {u} have", "how many {w} are {n} {u}",
         "do you know how many {w} are in {n} {u}", "tell me how many {w} are in {n} {u}",
         "how many {w} do i need for {n} {u}", "{n} {u} is how many {w}",
         "{n} {u} are how many {w}", "how many {w} to {n} {u}", "how many {w} go into {n} {u}",
         "what's the number of {w} in {n} {u}")
    )  # fmt: skip
    return form.format(n=article, u=unit, w=wanted)


def _in(said: str, unit: str, wanted: str, rng: Random) -> str:
    article = "an" if said == "a" and unit[0] in "aeiou" else said
    form = rng.choice(
        ("what is {n} {u} in {w}", "what's {n} {u} in {w}", "convert {n} {u} to {w}",
         "convert {n} {u} into {w}", "how much is {n} {u} in {w}", "{n} {u} in {w}",
         "{n} {u} to {w}", "change {n} {u} to {w}", "turn {n} {u} into {w}",
         "how long is {n} {u} in {w}", "what are {n} {u} in {w}", "tell me {n} {u} in {w}",
         "give me {n} {u} in {w}", "what would {n} {u} be in {w}", "{n} {u} as {w}",
         "conversion of {n} {u} to {w}", "calculate {n} {u} in {w}", "express {n} {u} in {w}",
         "i need {n} {u} in {w}", "translate {n} {u} to {w}")
    )  # fmt: skip
    return form.format(n=article, u=unit, w=wanted)


def other_value(rng: Random) -> Said:
    """Return another amount alone, for "and three"."""
    said, value = _amount(rng)
    return ("one" if said == "a" else said), {"value": value}


UNITS = {"conversion": conversion, "other_value": other_value}
