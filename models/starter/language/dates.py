"""Days of the calendar as people name them, kept as they were said; no I/O."""

from __future__ import annotations

from random import Random

from models.starter.language.figures import Said, in_words, say_number
from models.starter.language.moments import WEEKDAYS

MONTHS = (
    "january", "february", "march", "april", "may", "june", "july", "august", "september",
    "october", "november", "december",
)  # fmt: skip
LENGTHS = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
FIRST = (
    "first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth",
    "eleventh", "twelfth", "thirteenth", "fourteenth", "fifteenth", "sixteenth", "seventeenth",
    "eighteenth", "nineteenth", "twentieth",
)  # fmt: skip
FEASTS = """
    christmas christmas christmas christmas_eve christmas_day boxing_day new_year new_year's
    new_year's_day new_year's_eve new_years_eve easter easter easter_sunday easter_monday
    good_friday palm_sunday pentecost ascension_day ash_wednesday halloween halloween thanksgiving
    thanksgiving valentine's_day valentines_day independence_day memorial_day labor_day
    veterans_day columbus_day presidents_day martin_luther_king_day mother's_day mothers_day
    father's_day fathers_day saint_patrick's_day st_patrick's_day april_fool's_day groundhog_day
    mardi_gras black_friday cyber_monday bank_holiday may_day all_saints_day guy_fawkes_night
    canada_day australia_day bastille_day cinco_de_mayo earth_day pancake_day shrove_tuesday
    hanukkah ramadan eid diwali passover yom_kippur rosh_hashanah chinese_new_year lunar_new_year
    juneteenth flag_day burns_night st_george's_day midsummer leap_day advent epiphany
    """
HOLIDAYS = (
    *(name.replace("_", " ") for name in FEASTS.split()),
    *(f"{which} {feast}" for which in ("last", "next", "this")
      for feast in ("christmas", "easter", "halloween", "thanksgiving", "summer", "weekend")),
)  # fmt: skip
RELATIVE = (
    "today", "tomorrow", "tomorrow", "tomorrow", "yesterday", "yesterday", "day after tomorrow",
    "day before yesterday", "next week", "last week", "next month", "next year",
)  # fmt: skip
STRETCHES = ("week", "month", "year")
OF_THE_YEAR = (
    "first day of spring", "first day of summer", "first day of winter", "first day of autumn",
    "first day of fall", "start of spring", "beginning of summer", "summer solstice",
    "winter solstice", "spring equinox", "summer", "winter", "spring", "autumn",
    "longest day of the year", "shortest day of the year", "first of the month",
    "last day of the month", "last day of the year", "last day of school", "first day of school",
)  # fmt: skip
OWN = (
    "birthday", "anniversary", "wedding anniversary", "wedding", "vacation", "holiday", "exam",
    "graduation", "appointment", "name day", "party",
)  # fmt: skip


def ordinal(n: int) -> str:
    """Return 1 to 31 as "twenty first"."""
    if n <= 20:
        return FIRST[n - 1]
    return "thirtieth" if n == 30 else f"{in_words(n // 10 * 10)} {FIRST[n % 10 - 1]}"


def _th(n: int) -> str:
    return f"{n}{'th' if 10 < n < 14 else {1: 'st', 2: 'nd', 3: 'rd'}.get(n % 10, 'th')}"


def _day_number(rng: Random, n: int) -> str:
    kind = rng.random()
    if kind < 0.7:
        return ordinal(n)
    return _th(n) if kind < 0.9 else str(n)


def _year(rng: Random) -> str:
    year = rng.randint(1950, 2049)
    if rng.random() < 0.4:
        return str(year)
    century, rest = divmod(year, 100)
    if 2000 <= year < 2010 or (year < 2020 and rng.random() < 0.3):
        return in_words(year) if year < 2000 or rng.random() < 0.6 else f"twenty {in_words(rest)}"
    return f"{in_words(century)} {in_words(rest)}" if rest else f"{in_words(century)} hundred"


def _month_day(rng: Random) -> str:
    month = rng.randrange(12)
    number, name = _day_number(rng, rng.randint(1, LENGTHS[month])), MONTHS[month]
    said = rng.choices(
        (f"{name} {number}", f"{name} the {number}", f"{number} of {name}", f"{number} {name}"),
        (45, 12, 33, 10),
    )[0]
    return f"{said} {_year(rng)}" if rng.random() < 0.1 else said


def _weekday(rng: Random) -> str:
    name = rng.choice(WEEKDAYS)
    kind = rng.random()
    if kind < 0.4:
        return name
    if kind < 0.8:
        return f"{rng.choice(('next', 'next', 'next', 'this', 'last', 'this coming'))} {name}"
    if kind < 0.9:
        return f"{name} {rng.choice(('after next', 'next week', 'in two weeks', 'last week'))}"
    which = rng.choice(("first", "second", "third", "last"))
    return f"{which} {name} {rng.choice(('of', 'in'))} {rng.choice(('the month', *MONTHS))}"


def _turn(rng: Random) -> str:
    place = rng.choice(("end", "end", "beginning", "start", "middle"))
    stretch = rng.choice((*STRETCHES, *STRETCHES, *MONTHS))
    which = rng.choice(("the ", "the ", "the ", "next ", "this ")) if stretch in STRETCHES else ""
    return f"{place} of {which}{stretch}"


def _article(rng: Random, text: str) -> str:
    """Return "the " or nothing before a date that may take it."""
    if text.split()[0] in (*FIRST, "thirtieth", "twenty", "thirty", "end", "beginning", "start",
                           "middle", "last", "day", "longest", "shortest"):  # fmt: skip
        return "the " if rng.random() < 0.85 else ""
    return ""


def date(rng: Random) -> Said:
    """Return a day as people name it; its argument is as said, without a leading the or my."""
    kind = rng.random()
    before = None
    if kind < 0.26:
        text = rng.choice(HOLIDAYS)
    elif kind < 0.5:
        text = _month_day(rng)
    elif kind < 0.7:
        text = _weekday(rng)
    elif kind < 0.82:
        text = rng.choice(RELATIVE)
    elif kind < 0.88:
        text = _turn(rng)
    elif kind < 0.92:
        text = rng.choice(OF_THE_YEAR)
    elif kind < 0.95:
        text, before = rng.choice(OWN), rng.choice(("my ", "my ", "our ", "the "))
    elif kind < 0.98:
        text, before = _day_number(rng, rng.randint(1, 31)), "the "
    else:
        text = rng.choice(MONTHS)
    if before is None:
        before = _article(rng, text)
    return before + text, {"date": text}


def near_date(rng: Random) -> Said:
    """Return a day that takes "'s": "tomorrow's date"."""
    weekday = rng.choice(("", "", "next ", "last ", "this ")) + rng.choice(WEEKDAYS)
    text = rng.choice(("tomorrow", "yesterday", weekday, weekday, rng.choice(HOLIDAYS)))
    return text, {"date": text}


UNITS = ("days", "weeks", "months", "years")
FORTNIGHTS: tuple[Said, ...] = (
    ("a week", {"count": 1, "unit": "weeks"}), ("a month", {"count": 1, "unit": "months"}),
    ("a year", {"count": 1, "unit": "years"}), ("a day", {"count": 1, "unit": "days"}),
    ("a couple of days", {"count": 2, "unit": "days"}),
    ("a couple of weeks", {"count": 2, "unit": "weeks"}),
    ("a couple weeks", {"count": 2, "unit": "weeks"}),
    ("a fortnight", {"count": 2, "unit": "weeks"}), ("a decade", {"count": 10, "unit": "years"}),
    ("half a year", {"count": 6, "unit": "months"}),
    ("a hundred days", {"count": 100, "unit": "days"}),
    ("a thousand days", {"count": 1000, "unit": "days"}),
    ("a dozen days", {"count": 12, "unit": "days"}),
)  # fmt: skip


def stretch(rng: Random) -> Said:
    """Return a length of days to years, with its count and unit."""
    if rng.random() < 0.25:
        return rng.choice(FORTNIGHTS)
    unit = rng.choices(UNITS, (45, 30, 15, 10))[0]
    most = {"days": 100, "weeks": 30, "months": 24, "years": 50}[unit]
    n = rng.randint(1, 12) if rng.random() < 0.6 else rng.randint(1, most)
    if unit == "days" and rng.random() < 0.1:
        n = rng.choice((30, 60, 90, 100, 120, 180, 200, 365, 500))
    said = unit[:-1] if n == 1 or rng.random() < 0.04 else unit
    return f"{say_number(n, rng, rng.random() < 0.25)} {said}", {"count": n, "unit": unit}
