"""Numbers as people say and type them; no I/O."""

from __future__ import annotations

from random import Random
from typing import Any

Arguments = dict[str, Any]
Said = tuple[str, Arguments]
"""What was said, and the arguments it means."""

ONES = (
    "zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten",
    "eleven", "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen",
    "nineteen",
)  # fmt: skip
TENS = (
    "zero", "ten", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety",
)  # fmt: skip


def in_words(n: int) -> str:
    """Return 0..9999 in words, without "and" or hyphens."""
    if n < 20:
        return ONES[n]
    if n < 100:
        return TENS[n // 10] + (f" {ONES[n % 10]}" if n % 10 else "")
    size, name = (1000, "thousand") if n >= 1000 else (100, "hundred")
    rest = f" {in_words(n % size)}" if n % size else ""
    return f"{in_words(n // size)} {name}{rest}"


def say_number(n: int, rng: Random, digits: bool) -> str:
    """Return n as someone says it, or types it if `digits`."""
    if digits:
        return str(n)
    if 100 < n < 1000 and n % 100 and rng.random() < 0.08:
        return f"{in_words(n // 100)} {'oh ' if n % 100 < 10 else ''}{in_words(n % 100)}"
    words = in_words(n)
    if n > 1000 and n % 1000 >= 100 and n // 1000 < 10 and rng.random() < 0.25:
        rest = f" {in_words(n % 100)}" if n % 100 else ""
        return f"{in_words(n // 100)} hundred{rest}"
    if words.startswith("one ") and n >= 100 and rng.random() < 0.5:
        words = "a " + words[4:]
    if n > 100 and n % 100 and rng.random() < 0.45:
        words = words.replace("hundred ", "hundred and ", 1)
    if 20 < n < 100 and n % 10 and rng.random() < 0.05:
        words = words.replace(" ", "-")
    return words


def any_number(rng: Random) -> int:
    """Return a number people calculate with: mostly small, at times up to 9999."""
    kind = rng.random()
    if kind < 0.3:
        return rng.randint(1, 20)
    if kind < 0.72:
        return rng.randint(0, 100)
    if kind < 0.82:
        return rng.choice((100, 150, 200, 250, 300, 400, 500, 600, 750, 800, 900, 1000, 1500, 2000))
    return rng.randint(101, 999) if kind < 0.93 else rng.randint(1000, 9999)
