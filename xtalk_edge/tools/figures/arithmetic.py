"""Works out spoken or written sums exactly (pure, no `eval`).

sum     = product { ("+" | "-") product }
product = value ["%"] { ("*" | "/" | "off") value ["%"] }
value   = "-" value | root value | atom ["^" value]
atom    = (number | "(" sum ")") { "!" }
"""

from __future__ import annotations

import math
import re
from fractions import Fraction

from xtalk_edge.tools.figures.sum_tokens import NUMBER, sum_tokens

LIMIT = Fraction(10**15)
"""Beyond this nobody can follow a spoken number."""

LONGEST_CHARS = 200
"""More than anybody says, and few enough parentheses to go into."""

LARGEST_FACTORIAL = 17
"""That of 18 is beyond `LIMIT`."""

ROOT_STEPS = 10**7
"""A root that never ends is kept to seven decimals, so that two may still be multiplied."""

ROOTS = {"sqrt": 2, "cbrt": 3}
SPOKEN = {
    "+": "plus", "-": "minus", "*": "times", "/": "divided by", "%": "percent", "off": "off",
    "^": "to the power of", "!": "factorial", "sqrt": "the square root of",
    "cbrt": "the cube root of",
}  # fmt: skip
POWERS = {"2": "squared", "3": "cubed"}

UNCLEAR = "Sorry, I can't work that out."
ZERO = "I can't divide by zero."
GIANT = "That number is too big for me."


class SumError(ValueError):
    """The sum has no answer; the message is a sentence for the owner."""


def calculate(expression: str) -> Fraction:
    """Return the exact value of a sum.

    Raises:
        SumError: it is not a sum, divides by zero, or grows beyond `LIMIT`.
    """
    if len(expression) > LONGEST_CHARS:
        raise SumError(UNCLEAR)
    parser = _Parser(sum_tokens(expression))
    value = parser.sum()
    if parser.peek():
        raise SumError(UNCLEAR)
    return value


def spoken_sum(expression: str) -> str:
    """Return the sum as the device repeats it: "12 times 7"; "" when it has parentheses."""
    tokens = sum_tokens(expression)
    if "(" in tokens:
        return ""
    text = " ".join(SPOKEN.get(token) or spoken_number(Fraction(token)) for token in tokens)
    text = text.replace("percent times", "percent of")
    return re.sub(r"to the power of ([23])\b", lambda found: POWERS[found[1]], text)


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
        value, percent = self._product()
        while self.peek() in ("+", "-"):
            sign = 1 if self._take() == "+" else -1
            operand, of_it = self._product()
            # "80 plus 10 percent" is 88, "5 percent plus 10 percent" is 15 percent.
            part = operand * value if of_it and not percent else operand
            value, percent = _bounded(value + sign * part), percent and of_it
        return value

    def _product(self) -> tuple[Fraction, bool]:
        """Return the value, and whether it is nothing but a percentage."""
        value = self._value()
        percent = self._percent()
        value = value / 100 if percent else value
        while self.peek() in ("*", "/", "off"):
            operator = self._take()
            operand = self._value()
            operand = operand / 100 if self._percent() else operand
            if operator == "/" and operand == 0:
                raise SumError(ZERO)
            if operator == "off":
                value = _bounded(operand * (1 - value))
            else:
                value = _bounded(value / operand if operator == "/" else value * operand)
            percent = False
        return value, percent

    def _percent(self) -> bool:
        if self.peek() != "%":
            return False
        self._take()
        return True

    def _value(self) -> Fraction:
        if self.peek() == "-":
            self._take()
            return -self._value()
        if self.peek() in ROOTS:
            degree = ROOTS[self._take()]
            return _root(self._value(), degree)
        base = self._atom()
        if self.peek() != "^":
            return base
        self._take()
        return _power(base, self._value())

    def _atom(self) -> Fraction:
        token = self._take()
        if token == "(":
            value = self.sum()
            if self._take() != ")":
                raise SumError(UNCLEAR)
        elif re.fullmatch(NUMBER, token):
            value = _bounded(Fraction(token))
        else:
            raise SumError(UNCLEAR)
        while self.peek() == "!":
            self._take()
            value = _factorial(value)
        return value


def _power(base: Fraction, exponent: Fraction) -> Fraction:
    if base == 0 and exponent < 0:
        raise SumError(ZERO)
    if exponent == Fraction(1, 2):
        return _root(base, 2)
    if exponent.denominator != 1:
        raise SumError("I can only raise to whole powers.")
    bits = max(base.numerator.bit_length(), base.denominator.bit_length())
    if abs(exponent) * (bits - 1) > LIMIT.numerator.bit_length():
        raise SumError(GIANT)
    return _bounded(base**exponent.numerator)


def _root(value: Fraction, degree: int) -> Fraction:
    """Return the square or cube root, exactly where it is a fraction."""
    if value < 0:
        if degree == 2:
            raise SumError("There is no square root of a negative number.")
        return -_root(-value, degree)
    exact = Fraction(
        round(value.numerator ** (1 / degree)), round(value.denominator ** (1 / degree))
    )
    if exact**degree == value:
        return exact
    return Fraction(round(float(value) ** (1 / degree) * ROOT_STEPS), ROOT_STEPS)


def _factorial(value: Fraction) -> Fraction:
    if value.denominator != 1 or value < 0:
        raise SumError("There are factorials of whole numbers only.")
    if value > LARGEST_FACTORIAL:
        raise SumError(GIANT)
    return Fraction(math.factorial(value.numerator))


def _bounded(value: Fraction) -> Fraction:
    if abs(value) > LIMIT or value.denominator > LIMIT:
        raise SumError(GIANT)
    return value
