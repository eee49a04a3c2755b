"""Works out spoken or written sums exactly (pure, no `eval`).

sum     = product { ("+" | "-") product }
product = value { ("*" | "/") value }
value   = ["-"] (number | "(" sum ")") { "%" }
"""

from __future__ import annotations

import re
from fractions import Fraction

from xtalk_edge.tools.spoken import ONES, TENS

LIMIT = Fraction(10**15)
"""Beyond this nobody can follow a spoken number."""

SMALL = {word: number for number, word in enumerate(ONES)} | {
    word: 10 * number for number, word in enumerate(TENS) if word
}
SCALES = {"hundred": 100, "thousand": 1000, "million": 10**6, "billion": 10**9}
OPERATORS = {
    "plus": "+", "and": "+", "minus": "-", "negative": "-", "times": "*", "x": "*", "of": "*",
    "over": "/", "divided": "/", "multiplied": "*", "percent": "%",
    "×": "*", "·": "*", "÷": "/", ":": "/", "−": "-", "–": "-",
}  # fmt: skip
SPOKEN = {"+": "plus", "-": "minus", "*": "times", "/": "divided by", "%": "percent"}

NUMBER = r"[0-9][0-9,]*(?:\.[0-9]+)?|\.[0-9]+"
TOKEN = re.compile(rf"{NUMBER}|[a-z]+|\S")


class SumError(ValueError):
    """The sum has no answer; the message is a sentence for the owner."""


def calculate(expression: str) -> Fraction:
    """Return the exact value of a sum.

    Raises:
        SumError: it is not a sum, divides by zero, or grows beyond `LIMIT`.
    """
    parser = _Parser(_tokens(expression))
    value = parser.sum()
    if parser.peek():
        raise SumError("Sorry, I can't work that out.")
    return value


def spoken_sum(expression: str) -> str:
    """Return the sum as the device repeats it: "12 times 7"; "" when it has parentheses."""
    tokens = _tokens(expression)
    if "(" in tokens:
        return ""
    return " ".join(SPOKEN.get(token) or spoken_number(Fraction(token)) for token in tokens)


def spoken_number(value: Fraction) -> str:
    """Return digits as a voice reads them: two decimals, or three figures below one."""
    decimals = 2
    while decimals < 12 and value and abs(value) * 10**decimals < 100:
        decimals += 1
    text = f"{float(abs(round(value, decimals))):.{decimals}f}".rstrip("0").rstrip(".")
    return f"minus {text}" if value < 0 and text != "0" else text


def is_rounded(value: Fraction) -> bool:
    """Tell whether `spoken_number` does not say the whole truth."""
    return Fraction(spoken_number(value).replace("minus ", "-")) != value


def _tokens(expression: str) -> list[str]:
    # The hyphen of "twenty-five" is no minus.
    raw = TOKEN.findall(re.sub(r"(?<=[a-z])-(?=[a-z])", " ", expression.lower()))
    tokens: list[str] = []
    position = 0
    while position < len(raw):
        word = raw[position]
        if word in SMALL or word in SCALES:
            value, position = _words_to_number(raw, position)
            tokens.append(value)
            continue
        position += 1
        if word == "by":
            continue
        tokens.append(OPERATORS.get(word, word.replace(",", "")))
    return tokens


def _words_to_number(words: list[str], position: int) -> tuple[str, int]:
    total = current = 0
    last = ""
    while position < len(words):
        word = words[position]
        follows = words[position + 1] if position + 1 < len(words) else ""
        if word in SMALL and not (last in SMALL and SMALL[last] < 20):
            current += SMALL[word]
        elif word == "hundred":
            current = max(1, current) * 100
        elif word in SCALES:
            total += max(1, current) * SCALES[word]
            current = 0
        elif not (word == "and" and last in SCALES and follows in SMALL):
            break
        last = word
        position += 1
    digits, position = _decimals(words, position)
    return f"{total + current}{digits}", position


def _decimals(words: list[str], position: int) -> tuple[str, int]:
    if position >= len(words) or words[position] != "point":
        return "", position
    end = position + 1
    while end < len(words) and SMALL.get(words[end], 10) < 10:
        end += 1
    digits = "".join(str(SMALL[word]) for word in words[position + 1 : end])
    return (f".{digits}", end) if digits else ("", position)


class _Parser:
    def __init__(self, tokens: list[str]) -> None:
        self._tokens = tokens
        self._position = 0

    def peek(self) -> str:
        return self._tokens[self._position] if self._position < len(self._tokens) else ""

    def _take(self) -> str:
        token = self.peek()
        self._position += 1
        return token

    def sum(self) -> Fraction:
        value = self._product()
        while self.peek() in ("+", "-"):
            sign = 1 if self._take() == "+" else -1
            value = _bounded(value + sign * self._product())
        return value

    def _product(self) -> Fraction:
        value = self._value()
        while self.peek() in ("*", "/"):
            divide = self._take() == "/"
            operand = self._value()
            if divide and operand == 0:
                raise SumError("I can't divide by zero.")
            value = _bounded(value / operand if divide else value * operand)
        return value

    def _value(self) -> Fraction:
        token = self._take()
        if token == "-":
            return -self._value()
        if token == "(":
            value = self.sum()
            if self._take() != ")":
                raise SumError("Sorry, I can't work that out.")
        elif re.fullmatch(NUMBER, token):
            value = _bounded(Fraction(token))
        else:
            raise SumError("Sorry, I can't work that out.")
        while self.peek() == "%":
            self._take()
            value /= 100
        return value


def _bounded(value: Fraction) -> Fraction:
    if abs(value) > LIMIT or value.denominator > LIMIT:
        raise SumError("That number is too big for me.")
    return value
