"""Times of the clock as people say and type them: "quarter to eight", "19:30", "half 7"; no I/O."""

from __future__ import annotations

from dataclasses import dataclass, replace
from random import Random

from models.starter.language.corrections import corrected
from models.starter.language.figures import Arguments, Said, in_words

HALF_DAYS = {
    "morning": ("am", 1, 11), "afternoon": ("pm", 1, 6), "evening": ("pm", 4, 11),
    "night": ("pm", 8, 11),
}  # fmt: skip
"""The hours people count to each part of the day, on a clock of twelve, and its half."""
BY_NAME = (
    ("noon", 12, "pm"), ("noon", 12, "pm"), ("midday", 12, "pm"), ("twelve noon", 12, "pm"),
    ("12 noon", 12, "pm"), ("midnight", 12, "am"), ("midnight", 12, "am"),
    ("twelve midnight", 12, "am"),
)  # fmt: skip
AM = (" a m", " a m", " am", " am", " a.m.", " in the morning", " in the morning")
PM = (" p m", " p m", " pm", " pm", " p.m.")
PAST, TO = ("past", "past", "after"), ("to", "to", "to", "till", "before", "of")
ROUND = (30, 30, 30, 30, 15, 15, 45, 45, 10, 20, 40, 50, 5, 25, 35, 55)


@dataclass(frozen=True, slots=True)
class Clock:
    """A time as said and what it means; `settled` when its words name the half of the day."""

    text: str
    hour: int
    minute: int = 0
    period: str = ""
    settled: bool = False

    def arguments(self) -> Arguments:
        """Return the arguments a tool gets; whatever was not said is left out."""
        said: Arguments = {"hour": self.hour}
        if self.minute:
            said["minute"] = self.minute
        if self.period:
            said["period"] = self.period
        return said


def twelve_hour(rng: Random, low: int = 1, high: int = 12) -> Clock:
    """Return a time between two hours of a clock of twelve, its half of the day unsaid."""
    hour = rng.randint(low, high)
    if rng.random() < 0.45:
        return _full_hour(rng, hour)
    minute = rng.choice(ROUND) if rng.random() < 0.8 else rng.randint(1, 59)
    if rng.random() < 0.3:
        return Clock(_digits(rng, hour, minute), hour, minute)
    before = _relative(rng, hour, minute) if rng.random() < 0.5 else ""
    return Clock(before or _in_order(rng, hour, minute), hour, minute)


def _full_hour(rng: Random, hour: int) -> Clock:
    number = str(hour) if rng.random() < 0.2 else in_words(hour)
    ends = ("", "", "", "", " o'clock", " o'clock", " oclock", " sharp", " on the dot")
    text = f"{hour}:00" if rng.random() < 0.07 else number + rng.choice(ends)
    return Clock(text, hour)


def _digits(rng: Random, hour: int, minute: int) -> str:
    sign = rng.choice((":", ":", ":", ":", ".", " "))
    padded = "0" if hour < 10 and rng.random() < 0.1 else ""
    return f"{padded}{hour}{sign}{minute:02d}"


def _in_order(rng: Random, hour: int, minute: int) -> str:
    if minute < 10:
        return f"{in_words(hour)} {rng.choice(('oh', 'oh', 'o', 'zero'))} {in_words(minute)}"
    return f"{in_words(hour)} {in_words(minute)}"


def _relative(rng: Random, hour: int, minute: int) -> str:
    """Return "half past seven", or nothing where nobody counts from the hour."""
    digits = rng.random() < 0.2
    now, following = (
        str(n) if digits else in_words(n) for n in (hour, 1 if hour == 12 else hour + 1)
    )
    if minute == 30:
        return f"half {'past ' if rng.random() < 0.75 else ''}{now}"
    link, which, left = (
        (rng.choice(PAST), now, minute) if minute < 30 else (rng.choice(TO), following, 60 - minute)
    )
    if left == 15 and rng.random() < 0.85:
        return f"{rng.choice(('', '', 'a '))}quarter {link} {which}"
    number = str(left) if digits else in_words(left)
    if left % 5:
        # "Twelve to nine" alone sounds like a span: odd minutes are called minutes.
        return f"{number} minute{'s' if left > 1 else ''} {link} {which}"
    return f"{number} {'minutes ' if rng.random() < 0.15 else ''}{link} {which}"


def whole_day(rng: Random) -> Clock:
    """Return a time of a clock of twenty-four hours: 0, or 13 to 23."""
    hour = rng.randint(13, 23) if rng.random() < 0.93 else 0
    minute = 0 if rng.random() < 0.3 else rng.choice(ROUND)
    if rng.random() < 0.1:
        minute = rng.randint(0, 59)
    if hour == 0 or rng.random() < 0.6:
        sign = rng.choice((":", ":", ":", ".", " "))
        return Clock(f"{hour or rng.choice(('0', '00'))}{sign}{minute:02d}", hour, minute, "", True)
    if minute:
        return Clock(_in_order(rng, hour, minute), hour, minute, "", True)
    end = rng.choice(("hundred", "hundred", "hundred hours", "o'clock"))
    return Clock(f"{in_words(hour)} {end}", hour, 0, "", True)


def by_name(rng: Random) -> Clock:
    """Return noon or midnight, or a time counted from one of them."""
    name, hour, period = rng.choice(BY_NAME)
    if rng.random() < 0.85:
        return Clock(name, hour, 0, period, True)
    minute = rng.choice((5, 10, 15, 20, 30))
    left = {15: "quarter", 30: "half"}.get(minute, in_words(minute))
    if minute == 30 or rng.random() < 0.5:
        return Clock(f"{left} past {name}", hour, minute, period, True)
    return Clock(f"{left} to {name}", 11, 60 - minute, "am" if period == "pm" else "pm", True)


def in_part(rng: Random, part: str) -> Clock:
    """Return a time of the morning, afternoon, evening or night whose words do not say so."""
    period, low, high = HALF_DAYS[part]
    return replace(twelve_hour(rng, low, high), period=period)


def with_half(clock: Clock, rng: Random, dated: bool) -> Clock:
    """Return an unsettled time with its half of the day said after it.

    Where a day is said too (`dated`), nobody adds "tonight" or "this morning".
    """
    if clock.settled:
        return clock
    period = rng.choice(("am", "pm"))
    ends: tuple[str, ...] = AM if dated else (*AM, " this morning")
    if period == "pm":
        ends = (*PM, *_parts_of(clock.hour, dated))
    if clock.hour == 12:
        # Nobody agrees on what "twelve in the morning" is.
        ends = AM[:5] if period == "am" else (*PM, " in the afternoon")
    end = rng.choice(ends)
    if clock.text[-1].isdigit() and len(end) < 6 and rng.random() < 0.5:
        end = end.replace(" ", "")
    return replace(clock, text=clock.text + end, period=period, settled=True)


def _parts_of(hour: int, dated: bool) -> tuple[str, ...]:
    words = {
        "afternoon": (" in the afternoon", " this afternoon"),
        "evening": (" in the evening", " this evening", " tonight"),
        "night": (" at night", " tonight"),
    }
    return tuple(
        word
        for part, said in words.items()
        if HALF_DAYS[part][1] <= hour <= HALF_DAYS[part][2]
        for word in (said[:1] if dated else said)
    )


def bare_clock(rng: Random) -> Clock:
    """Return any time, its half of the day said only where it says itself."""
    kind = rng.random()
    if kind < 0.86:
        return twelve_hour(rng)
    return whole_day(rng) if kind < 0.93 else by_name(rng)


def any_clock(rng: Random, dated: bool = True) -> Clock:
    """Return any time, with or without its half of the day, at times corrected."""
    clock = bare_clock(rng)
    wrong = twelve_hour(rng).text if rng.random() < 0.05 else ""
    if rng.random() < 0.4:
        clock = with_half(clock, rng, dated)
    return replace(clock, text=corrected(wrong, clock.text, rng)) if wrong else clock


def clock_time(rng: Random) -> Said:
    """Return a time of the clock with the arguments it means."""
    clock = any_clock(rng)
    return clock.text, clock.arguments()


def clock_name(rng: Random) -> Said:
    """Return a time that tells which alarm is meant: "seven o'clock", as its name."""
    text = bare_clock(rng).text
    return text, {"name": text}


def settled_time(rng: Random) -> Said:
    """Return a time that cannot be taken for a length of time, with its arguments."""
    while True:
        clock = any_clock(rng)
        if clock.minute or clock.period or " " in clock.text:
            return clock.text, clock.arguments()
