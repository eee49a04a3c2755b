"""Brings a spoken date into one plain form, numbers as digits (pure).

"the twenty third of March, twenty twenty-seven" becomes "23th march 2027".
"""

from __future__ import annotations

import re

from xtalk_edge.tools.spoken import ONES, TENS

MONTHS = (
    "january", "february", "march", "april", "may", "june", "july", "august", "september",
    "october", "november", "december",
)  # fmt: skip
WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")

SHORT = (
    {month[:3]: month for month in MONTHS if month != "may"}
    | {day[:3]: day for day in WEEKDAYS if day[:3] not in ("sun", "sat")}
    | {"sept": "september", "tues": "tuesday", "thur": "thursday", "thurs": "thursday"}
)
# "two weeks on Friday" keeps its meaning without "on"; "a week" is one week.
SILENT = {"the", "of", "on", "is", "in", "at", "day's", "this's", "for", "until", "till"}

_SMALL = {word: number for number, word in enumerate(ONES)}
_TENS = {word: 10 * number for number, word in enumerate(TENS) if word}
_ORDINALS = {
    "zeroth": 0, "first": 1, "second": 2, "third": 3, "fourth": 4, "fifth": 5, "sixth": 6,
    "seventh": 7, "eighth": 8, "ninth": 9, "tenth": 10, "eleventh": 11, "twelfth": 12,
    "thirteenth": 13, "fourteenth": 14, "fifteenth": 15, "sixteenth": 16, "seventeenth": 17,
    "eighteenth": 18, "nineteenth": 19, "twentieth": 20, "thirtieth": 30,
}  # fmt: skip

YEAR_PAIR = re.compile(r"\b(1[0-9]|2[01]) (?:oh )?([0-9]{1,2})$")


def plain_date(text: str) -> str:
    """Return the words of a date: small, numbers as digits, without articles and commas."""
    kept = re.sub(r"['’]", "", text.lower())
    words = re.findall(r"\d{1,4}(?:[-/.]\d{1,4}){1,2}|\d+(?:st|nd|rd|th)?|[a-z]+", kept)
    plain = " ".join(_numbers([SHORT.get(word, word) for word in words]))
    return YEAR_PAIR.sub(_year, plain)


def _year(found: re.Match[str]) -> str:
    century, rest = found[1], found[2]
    # "july 20 5" is nobody's year; "nineteen oh five" is.
    if len(rest) == 1 and " oh " not in found[0]:
        return found[0]
    return f"{century}{int(rest):02d}"


def _numbers(words: list[str]) -> list[str]:
    plain: list[str] = []
    position = 0
    while position < len(words):
        word = words[position]
        follows = words[position + 1] if position + 1 < len(words) else ""
        number, used = _number(word, follows)
        position += used or 1
        if not used:
            if word not in SILENT:
                plain.append(word)
        elif not _joined(plain, number):
            plain.append(number)
    return plain


def _number(word: str, follows: str) -> tuple[str, int]:
    """Return a number below a hundred in digits and how many words it took; 0 for none."""
    if word in _TENS:
        ones = _SMALL.get(follows, 0)
        if 1 <= ones <= 9:
            return str(_TENS[word] + ones), 2
        ordinal = _ORDINALS.get(follows, 0)
        if 1 <= ordinal <= 9:
            return f"{_TENS[word] + ordinal}th", 2
        return str(_TENS[word]), 1
    if word in _SMALL:
        return str(_SMALL[word]), 1
    if word in _ORDINALS:
        return f"{_ORDINALS[word]}th", 1
    if found := re.fullmatch(r"0*(\d{1,4})(st|nd|rd|th)?", word):
        return f"{found[1]}{'th' if found[2] else ''}", 1
    if word in ("hundred", "thousand"):
        return "100" if word == "hundred" else "1000", 1
    return "", 0


def _joined(plain: list[str], number: str) -> bool:
    """Join a number to the one before where they are one: "2", "1000", "27" are 2027."""
    tail = plain[-2:] if plain and plain[-1] == "and" else plain[-1:]
    if not tail or not tail[0].isdigit() or number.endswith("th"):
        return False
    before, value = int(tail[0]), int(number)
    if value in (100, 1000) and len(tail) == 1 and 0 < before < value:
        joined = before * value
    elif value == 100 and before > 1000 and 0 < before % 100 < 10 and len(tail) == 1:
        joined = before // 100 * 100 + before % 100 * 100
    elif before >= 100 and before % 100 == 0 and value < 100:
        joined = before + value
    else:
        return False
    plain[-len(tail) :] = [str(joined)]
    return True
