"""The units people name, and how large they are (pure; every factor is exact or a definition)."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

KINDS = {
    "length": "a length",
    "weight": "a weight",
    "volume": "a volume",
    "area": "an area",
    "temperature": "a temperature",
    "time": "a time",
    "speed": "a speed",
    "data": "an amount of data",
    "data rate": "a data rate",
    "pressure": "a pressure",
    "energy": "an amount of energy",
    "power": "a power",
    "angle": "an angle",
}
"""Each kind as it ends a sentence."""


@dataclass(frozen=True, slots=True)
class Unit:
    """What something is measured in."""

    kind: str
    one: str
    many: str
    factor: Fraction
    """How many of the kind's base unit one is: metres, grams, litres, square metres, kelvins,
    seconds, metres a second, bytes, bytes a second, pascals, joules, watts, degrees."""
    offset: Fraction = Fraction(0)
    """Kelvins at zero degrees, for temperatures."""
    loose: bool = False
    """Whether it is only about that long, as months and years are."""


METRIC = {
    "nano": "1e-9", "micro": "1e-6", "milli": "1e-3", "centi": "1e-2", "deci": "1e-1",
    "hecto": "1e2", "kilo": "1e3", "mega": "1e6", "giga": "1e9", "tera": "1e12", "peta": "1e15",
}  # fmt: skip
BINARY = {"kibi": 2**10, "mebi": 2**20, "gibi": 2**30, "tebi": 2**40}

# Kind, singular, plural, size, other names. Metric ones also take every prefix of METRIC.
METRIC_UNITS = (
    ("length", "meter", "meters", "1", "metre metres"),
    ("weight", "gram", "grams", "1", "gramme grammes"),
    ("volume", "liter", "liters", "1", "litre litres"),
    ("time", "second", "seconds", "1", "sec secs"),
    ("data", "byte", "bytes", "1", ""),
    ("data", "bit", "bits", "0.125", ""),
    ("pressure", "pascal", "pascals", "1", ""),
    ("pressure", "bar", "bars", "100000", ""),
    ("energy", "joule", "joules", "1", ""),
    ("energy", "watt hour", "watt hours", "3600", ""),
    ("energy", "electronvolt", "electronvolts", "1.602176634e-19", "electron volt,electron volts"),
    ("power", "watt", "watts", "1", ""),
)
UNITS = (
    ("length", "inch", "inches", "0.0254", "in"),
    ("length", "foot", "feet", "0.3048", "ft"),
    ("length", "yard", "yards", "0.9144", "yd yds"),
    ("length", "mile", "miles", "1609.344", "mi"),
    ("length", "nautical mile", "nautical miles", "1852", "nmi"),
    ("length", "furlong", "furlongs", "201.168", ""),
    ("length", "fathom", "fathoms", "1.8288", ""),
    ("length", "micron", "microns", "1e-6", ""),
    ("length", "light year", "light years", "9460730472580800", "lightyear lightyears"),
    ("length", "astronomical unit", "astronomical units", "149597870700", "au"),
    ("weight", "ounce", "ounces", "28.349523125", "oz"),
    ("weight", "pound", "pounds", "453.59237", "lb lbs"),
    ("weight", "stone", "stone", "6350.29318", "stones"),
    ("weight", "ton", "tons", "907184.74", "short ton,short tons"),
    ("weight", "long ton", "long tons", "1016046.9088", "imperial ton,imperial tons"),
    ("weight", "metric ton", "metric tons", "1000000", "tonne,tonnes,metric tonne,metric tonnes"),
    ("weight", "carat", "carats", "0.2", ""),
    ("weight", "grain", "grains", "0.06479891", ""),
    ("weight", "troy ounce", "troy ounces", "31.1034768", ""),
    ("volume", "cup", "cups", "0.2365882365", ""),
    ("volume", "tablespoon", "tablespoons", "0.01478676478125", "tbsp"),
    ("volume", "teaspoon", "teaspoons", "0.00492892159375", "tsp"),
    ("volume", "fluid ounce", "fluid ounces", "0.0295735295625", "fl oz,floz,liquid ounces,oz,"
     "ounce,ounces,liquid ounce"),
    ("volume", "pint", "pints", "0.473176473", "pt"),
    ("volume", "quart", "quarts", "0.946352946", "qt"),
    ("volume", "gallon", "gallons", "3.785411784", "gal"),
    ("volume", "barrel", "barrels", "158.987294928", "barrels of oil,barrel of oil"),
    ("volume", "imperial fluid ounce", "imperial fluid ounces", "0.0284130625",
     "imperial ounce,imperial ounces"),
    ("volume", "imperial cup", "imperial cups", "0.284130625", ""),
    ("volume", "imperial pint", "imperial pints", "0.56826125", ""),
    ("volume", "imperial quart", "imperial quarts", "1.1365225", ""),
    ("volume", "imperial gallon", "imperial gallons", "4.54609", ""),
    ("volume", "cubic centimeter", "cubic centimeters", "0.001", "cc"),
    ("area", "acre", "acres", "4046.8564224", ""),
    ("area", "hectare", "hectares", "10000", "ha"),
    ("time", "minute", "minutes", "60", "min mins"),
    ("time", "hour", "hours", "3600", "hr hrs"),
    ("time", "day", "days", "86400", ""),
    ("time", "week", "weeks", "604800", ""),
    ("time", "fortnight", "fortnights", "1209600", ""),
    ("speed", "knot", "knots", "0.51444444444444444444", "nautical miles per hour"),
    ("data", "nibble", "nibbles", "0.5", ""),
    ("pressure", "atmosphere", "atmospheres", "101325", "atm"),
    ("pressure", "pound per square inch", "pounds per square inch", "6894.757293168", "psi"),
    ("pressure", "millimeter of mercury", "millimeters of mercury", "133.322387415",
     "mmhg,torr,millimeters mercury"),
    ("pressure", "inch of mercury", "inches of mercury", "3386.388640341", "inhg"),
    ("energy", "calorie", "calories", "4184", "food calorie,food calories,large calories"),
    ("energy", "kilocalorie", "kilocalories", "4184", "kcal"),
    ("energy", "small calorie", "small calories", "4.184", ""),
    ("energy", "BTU", "BTUs", "1055.05585262",
     "british thermal unit,british thermal units"),
    ("power", "horsepower", "horsepower", "745.69987158227022", "hp"),
    ("angle", "degree", "degrees", "1", "deg"),
    ("angle", "radian", "radians", "57.295779513082320877", "rad"),
    ("angle", "full turn", "full turns", "360", "turn,turns,revolution,revolutions,full circle"),
    ("angle", "right angle", "right angles", "90", ""),
    ("angle", "gradian", "gradians", "0.9", "gon"),
    ("angle", "arc minute", "arc minutes", "1/60", "arcminute arcminutes"),
    ("angle", "arc second", "arc seconds", "1/3600", "arcsecond arcseconds"),
)  # fmt: skip
# A year of 365 days has twelve months and some fifty-two weeks.
LOOSE_UNITS = (
    ("time", "month", "months", "2628000", ""),
    ("time", "year", "years", "31536000", "yr yrs"),
    ("time", "decade", "decades", "315360000", ""),
    ("time", "century", "centuries", "3153600000", ""),
    ("time", "millennium", "millennia", "31536000000", "millenniums"),
)
# Singular, plural, kelvins a degree, kelvins at zero, other names.
TEMPERATURES = (
    (
        "degree Celsius",
        "degrees Celsius",
        "1",
        "273.15",
        "celsius,c,centigrade,degrees centigrade,degrees c,degree c,degree centigrade",
    ),
    (
        "degree Fahrenheit",
        "degrees Fahrenheit",
        "5/9",
        "229835/900",
        "fahrenheit,f,degrees f,degree f,farenheit",
    ),
    ("kelvin", "kelvins", "1", "0", "k,degrees kelvin,degree kelvin"),
)
ABBREVIATIONS = {
    "mm": "millimeter", "cm": "centimeter", "dm": "decimeter", "m": "meter", "km": "kilometer",
    "nm": "nanometer", "k": "kilometer", "ks": "kilometer", "mg": "milligram", "g": "gram",
    "kg": "kilogram", "kgs": "kilogram", "kilo": "kilogram", "kilos": "kilogram",
    "ml": "milliliter", "cl": "centiliter", "dl": "deciliter", "l": "liter", "ms": "millisecond",
    "s": "second", "h": "hour", "kb": "kilobyte", "mb": "megabyte", "gb": "gigabyte",
    "tb": "terabyte", "pb": "petabyte", "kib": "kibibyte", "mib": "mebibyte", "gib": "gibibyte",
    "meg": "megabyte", "megs": "megabyte", "gig": "gigabyte", "gigs": "gigabyte",
    "kpa": "kilopascal", "hpa": "hectopascal", "mbar": "millibar",
    "j": "joule", "kj": "kilojoule", "wh": "watt hour", "kwh": "kilowatt hour",
    "w": "watt", "kw": "kilowatt", "mw": "megawatt",
}  # fmt: skip
SPEEDS = {
    "mph": "mile per hour", "kph": "kilometer per hour", "kmh": "kilometer per hour",
    "mps": "meter per second", "fps": "foot per second", "mbps": "megabit per second",
    "gbps": "gigabit per second", "kbps": "kilobit per second",
}  # fmt: skip
