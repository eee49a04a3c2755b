"""Brings a spoken or written sum into numbers and signs (pure).

"two and a half times four squared" becomes 2.5 * 4 ^ 2.
"""

from __future__ import annotations

import re
from fractions import Fraction

from xtalk_edge.tools.spoken import ONES, TENS

SMALL = {word: number for number, word in enumerate(ONES)} | {
    word: 10 * number for number, word in enumerate(TENS) if word
}
SCALES = {"hundred": 100, "dozen": 12, "thousand": 1000, "million": 10**6, "billion": 10**9}
PARTS = {"half": 2, "halves": 2, "quarter": 4, "quarters": 4} | {
    f"{word}{end}": number
    for number, word in enumerate(
        ("third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth"), start=3
    )
    for end in ("", "s")
}
"""What "two thirds" are divided by."""

OPERATORS = {
    "plus": "+", "and": "+", "minus": "-", "negative": "-", "less": "-", "times": "*", "x": "*",
    "of": "*", "over": "/", "divided": "/", "multiplied": "*", "percent": "%", "factorial": "!",
    "×": "*", "·": "*", "÷": "/", ":": "/", "−": "-", "–": "-", "√": "sqrt",
}  # fmt: skip

_NTH = "second|third|fourth|fifth|sixth|seventh|eighth|ninth|tenth"
_NTHS = {word: str(number) for number, word in enumerate(_NTH.split("|"), start=2)}
# Replaced in this order, before anything is taken apart.
_PHRASES = (
    (r"(?<=[a-z])-(?=[a-z])", " "),  # the hyphen of "twenty-five" is no minus
    (r"^ *(?:what(?: i|')s|how much is) | *(?:\bequals|\bis)? *\?? *$", " "),
    (r"^ *(?:subtract|take) (.+) from (.+)$", r"(\2) - (\1)"),
    (r"^ *divide (.+) by (.+)$", r"\1 over \2"),
    (r"^ *multiply (.+?) (?:by|and|with) (.+)$", r"\1 times \2"),
    (r"^ *add (.+?) (?:to|and) (.+)$", r"\1 plus \2"),
    (r"\bsum of\b", " "),
    (r"\bto the power(?: of)?\b|\*\*|\braised to\b", " ^ "),
    (rf"\bto the ({_NTH})\b(?: power)?", lambda found: f" ^ {_NTHS[found[1]]}"),
    (r"\bto the (\d+)th\b(?: power)?", r" ^ \1"),
    (r"\bsquared\b|²", " ^ 2"),
    (r"\bcubed\b|³", " ^ 3"),
    (r"\b(?:cube|cubic|third) root\b(?: of)?", " cbrt "),
    (r"\b(?:square )?root\b(?: of)?", " sqrt "),
    (r"\btake away\b", " minus "),
    (r"\b(?:twice|double)\b", " 2 times "),
    (r"\b(?:a|an|the|by)\b", " "),
)  # fmt: skip

NUMBER = r"[0-9][0-9,]*(?:\.[0-9]+)?|\.[0-9]+"
TOKEN = re.compile(rf"{NUMBER}|[a-z]+|\S")


def sum_tokens(expression: str) -> list[str]:
    """Return numbers in digits, signs, and whatever was not understood as it is."""
    text = expression.lower()
    for pattern, replacement in _PHRASES:
        text = re.sub(pattern, replacement, text)
    words = TOKEN.findall(text)
    tokens: list[str] = []
    position = 0
    while position < len(words):
        number, after = _number(words, position)
        if number is None:
            word = words[position]
            tokens.append(OPERATORS.get(word, word))
            position += 1
            continue
        number, position = _with_parts(words, number, after)
        tokens.extend(_written(number))
    return tokens


def _written(number: Fraction) -> list[str]:
    """Return a number as a decimal, or as a division where it has no end."""
    for decimals in range(13):
        scaled = number * 10**decimals
        if scaled.denominator == 1:
            digits = f"{scaled.numerator:0{decimals + 1}d}"
            point = len(digits) - decimals
            return [f"{digits[:point]}.{digits[point:]}" if decimals else digits]
    return ["(", str(number.numerator), "/", str(number.denominator), ")"]


def _number(words: list[str], position: int) -> tuple[Fraction | None, int]:
    """Return the number that begins here and where it ends; None when none does."""
    word = words[position]
    if word in SMALL or word in SCALES:
        return _words_to_number(words, position)
    if word == "point":
        digits, after = _decimals(words, position)
        return (Fraction(f"0{digits}"), after) if digits else (None, position)
    if word in PARTS:
        return Fraction(1), position
    if re.fullmatch(NUMBER, word):
        value = Fraction(word.replace(",", ""))
        after = position + 1
        while after < len(words) and words[after] in SCALES:
            value *= SCALES[words[after]]
            after += 1
        return value, after
    return None, position


def _with_parts(words: list[str], number: Fraction, position: int) -> tuple[Fraction, int]:
    """Read on: "two" may become "two thirds" or "two and a half"."""
    if _at(words, position) in PARTS:
        return number / PARTS[words[position]], position + 1
    if _at(words, position) == "and":
        parts, after = 1, position + 1
        if _at(words, after) in SMALL:
            parts, after = SMALL[words[after]], after + 1
        if _at(words, after) in PARTS and _at(words, after + 1) != "of":
            return number + Fraction(parts, PARTS[words[after]]), after + 1
    return number, position


def _at(words: list[str], position: int) -> str:
    return words[position] if position < len(words) else ""


def _words_to_number(words: list[str], position: int) -> tuple[Fraction, int]:
    total = current = 0
    last = ""
    while position < len(words):
        word = words[position]
        follows = _at(words, position + 1)
        if word in SMALL and not (last in SMALL and SMALL[last] < 20):
            current += SMALL[word]
        elif word == "hundred":
            current = max(1, current) * 100
        elif word in SCALES:
            total += max(1, current) * SCALES[word]
            current = 0
        elif not (
            word == "and"
            and last in SCALES
            and follows in SMALL
            and _at(words, position + 2) not in PARTS
        ):
            break
        last = word
        position += 1
    digits, position = _decimals(words, position)
    return Fraction(f"{total + current}{digits}"), position


def _decimals(words: list[str], position: int) -> tuple[str, int]:
    if _at(words, position) != "point":
        return "", position
    end = position + 1
    while SMALL.get(_at(words, end), 10) < 10:
        end += 1
    digits = "".join(str(SMALL[word]) for word in words[position + 1 : end])
    return (f".{digits}", end) if digits else ("", position)
