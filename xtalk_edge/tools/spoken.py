"""Numbers, times and lists as the ear wants them (pure)."""

from __future__ import annotations

import datetime
import math
import re

ONES = (
    "zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten",
    "eleven", "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen",
    "nineteen",
)  # fmt: skip
TENS = ("", "", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")


def number_words(number: int) -> str:
    """Return 0 to 99 in words, anything else in digits."""
    if not 0 <= number < 100:
        return str(number)
    if number < 20:
        return ONES[number]
    tens, ones = divmod(number, 10)
    return TENS[tens] + (f"-{ONES[ones]}" if ones else "")


def join_words(words: list[str], last: str = "and") -> str:
    """Return "a, b and c"."""
    if len(words) < 2:
        return "".join(words)
    return f"{', '.join(words[:-1])} {last} {words[-1]}"


def with_article(words: str) -> str:
    """Return "a pasta timer", "an eight minute timer" or "a one hour timer"."""
    # By the sound: "one" begins with that of W, "hour" with that of O.
    vowel = words[:1].lower() in "aeio" and not words.lower().startswith("one")
    return f"{'an' if vowel or words.lower().startswith('hour') else 'a'} {words}"


def duration_words(seconds: float) -> str:
    """Return "four minutes and ten seconds"; a begun second counts, a finished one does not."""
    whole = max(0, math.ceil(seconds))
    minutes, only_seconds = divmod(whole, 60)
    hours, only_minutes = divmod(minutes, 60)
    parts = [
        f"{number_words(count)} {unit}{'' if count == 1 else 's'}"
        for count, unit in ((hours, "hour"), (only_minutes, "minute"), (only_seconds, "second"))
        if count
    ]
    return join_words(parts) or "zero seconds"


def span_words(seconds: float) -> str:
    """Return a duration as it stands before a noun: "five minute"."""
    return re.sub(r"(hour|minute|second)s", r"\1", duration_words(seconds))


def time_words(at: datetime.datetime) -> str:
    """Return "4:10 PM", which every voice engine reads well."""
    hour = at.hour % 12 or 12
    return f"{hour}:{at.minute:02d} {'AM' if at.hour < 12 else 'PM'}"


def date_words(at: datetime.date) -> str:
    """Return "Friday, May 4th, 2026"."""
    # English whatever the system's locale says: the voice is English.
    weekday = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
    month = (
        "January", "February", "March", "April", "May", "June", "July", "August", "September",
        "October", "November", "December",
    )  # fmt: skip
    return f"{weekday[at.weekday()]}, {month[at.month - 1]} {ordinal(at.day)}, {at.year}"


def ordinal(number: int) -> str:
    """Return "4th"."""
    teen = 11 <= number % 100 <= 13
    return f"{number}{'th' if teen else {1: 'st', 2: 'nd', 3: 'rd'}.get(number % 10, 'th')}"


def size_words(size: int) -> str:
    """Return "1.2 gigabytes": bytes to two figures, or all before the point."""
    for unit, scale in (("terabyte", 10**12), ("gigabyte", 10**9), ("megabyte", 10**6),
                        ("kilobyte", 10**3)):  # fmt: skip
        if size >= scale:
            value = size / scale
            text = f"{value:.0f}" if value >= 10 else f"{value:.1f}".removesuffix(".0")
            return f"{text} {unit}{'' if text == '1' else 's'}"
    return f"{size} byte{'' if size == 1 else 's'}"
