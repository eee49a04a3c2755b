"""Sums as people say and type them, each with its expression; no I/O."""

from __future__ import annotations

from random import Random

from models.starter.language.figures import ONES, Arguments, Said, any_number, in_words, say_number


def _operand(rng: Random, digits: bool) -> tuple[str, str]:
    """Return an operand as it is said and as it is written."""
    if rng.random() < 0.1:
        whole, part = rng.randint(0, 60), rng.choice(FRACTIONS)
        if digits:
            return f"{whole}.{part}", f"{whole}.{part}"
        spoken = " ".join(ONES[int(d)] for d in part)
        return f"{in_words(whole)} point {spoken}", f"{whole}.{part}"
    n = any_number(rng)
    return say_number(n, rng, digits), str(n)


FRACTIONS = ("5", "25", "75", "1", "2", "4", "6", "8", "9")
SAID = {
    "+": ("plus", "plus", "plus", "added to", "and another", "together with"),
    "-": ("minus", "minus", "minus", "take away", "less", "subtract", "take off"),
    "*": ("times", "times", "times", "multiplied by", "by", "multiply by"),
    "/": ("divided by", "divided by", "over", "divide by"),
}
TYPED = {"+": ("+",), "-": ("-",), "*": ("*", "x", "×"), "/": ("/", "÷")}
SHARES = {
    "half of": "{} / 2", "half": "{} / 2", "a half of": "{} / 2", "a third of": "{} / 3",
    "one third of": "{} / 3", "a quarter of": "{} / 4", "one quarter of": "{} / 4",
    "a fifth of": "{} / 5", "a tenth of": "{} / 10",
    "twice": "2 * {}", "two times": "2 * {}", "double": "2 * {}", "triple": "3 * {}",
    "three times": "3 * {}",
}  # fmt: skip


PLURALS = ("twos", "threes", "fours", "fives", "sixes", "sevens", "eights", "nines", "tens")
DIVIDED = (
    "shared by {}", "shared between {}", "split between {}", "split into {}", "divided into {}",
    "between {} people", "divided among {} friends", "shared between {} of us",
    "split between {} guests", "divided by {} kids", "shared equally among {}",
    "shared out among {} people", "cut into {} pieces", "dealt out to {} players",
    "in {} equal parts",
)  # fmt: skip
EVERYDAY = 0.15
"""Share of sums that come out of a day rather than out of a school book."""


def _everyday(rng: Random, digits: bool) -> Said:
    """Return a sum as people meet it: "seven eights", "a 20 percent tip on 45"."""
    a, b, c = rng.randint(2, 12), rng.randint(2, 12), rng.randint(2, 60)
    bill = rng.choice((rng.randint(13, 400), rng.randrange(20, 1000, 10)))
    tip = rng.choice((5, 10, 12, 15, 18, 20, 25, 30))
    small, some, many, rate = (say_number(n, rng, digits) for n in (a, c, bill, tip))
    said, written = rng.choice((
        (f"{in_words(a)} {PLURALS[b % len(PLURALS)]}", f"{a} * {b % len(PLURALS) + 2}"),
        (f"{small} lots of {some}", f"{a} * {c}"),
        (f"{small} {rng.choice(('at', 'for'))} {some} each", f"{a} * {c}"),
        (f"{some} plus {some} plus {some}", f"{c} + {c} + {c}"),
        (f"{small} times {small} times {small}", f"{a} * {a} * {a}"),
        (f"{some} cubed", f"{c} * {c} * {c}"),
        (f"{many} {rng.choice(DIVIDED).format(small)}", f"{bill} / {a}"),
        (f"a {rate} percent tip on {many}", f"{tip} / 100 * {bill}"),
        (f"{rate} percent tip on a {many} {rng.choice(('dollar', 'pound', 'euro'))} bill",
         f"{tip} / 100 * {bill}"),
        (f"{in_words(a)} and a half times {some}", f"{a}.5 * {c}"),
        (f"{small} {rng.choice(('packs', 'boxes', 'bags'))} with {some} in each", f"{a} * {c}"),
        (f"{small} {rng.choice(('packs', 'boxes', 'rows'))} of {some}", f"{a} * {c}"),
        (f"{small} into {many}", f"{bill} / {a}"),
        (f"{small} people sharing a bill of {many}", f"{bill} / {a}"),
        (f"{small} {rng.choice(('knocked off', 'taken off', 'out of'))} {many}", f"{bill} - {a}"),
        (f"the square of {some}", f"{c} * {c}"),
        (f"difference between {many} and {some}", f"{bill} - {c}"),
        (f"{rng.choice(('', 'the '))}sum of {small} {some} and {many}", f"{a} + {c} + {bill}"),
    ))  # fmt: skip
    return said, _is(written)


def calculation(rng: Random) -> Said:
    """Return a sum between numbers, as said, with its expression."""
    digits = rng.random() < 0.4
    if rng.random() < EVERYDAY:
        return _everyday(rng, digits)
    a, left = _operand(rng, digits)
    b, right = _operand(rng, digits)
    kind = rng.random()
    if kind < 0.12:
        return _percentage(rng, digits, b, right)
    if kind < 0.22:
        share = rng.choice(tuple(SHARES))
        return f"{share} {b}", _is(SHARES[share].format(right))
    if kind < 0.25:
        return f"{a} squared", _is(f"{left} * {left}")
    if kind < 0.30:
        the, op = rng.choice((("sum", "+"), ("product", "*"), ("difference", "-"), ("total", "+")))
        link = "between" if op == "-" and rng.random() < 0.8 else "of"
        return f"the {the} {link} {a} and {b}", _is(f"{left} {op} {right}")
    if kind < 0.34:
        # "and" adds only where it cannot be part of a number ("two hundred and five").
        low, high = rng.randint(0, 99), rng.randint(0, 99)
        said = f"{say_number(low, rng, digits)} and {say_number(high, rng, digits)}"
        return said, _is(f"{low} + {high}")
    said, written = a, left
    operands = [(b, right)] + ([_operand(rng, digits)] if kind > 0.84 else [])
    for word, figure in operands:
        op = rng.choice("++--***//")
        sign = rng.choice(TYPED[op] if digits and rng.random() < 0.6 else SAID[op])
        tight = len(sign) == 1 and rng.random() < 0.6
        said += f"{sign}{word}" if tight else f" {sign} {word}"
        written += f" {op} {figure}"
    return said, _is(written)


def _percentage(rng: Random, digits: bool, said: str, written: str) -> Said:
    """Return some per cent of an operand."""
    percent = rng.choice((5, 10, 15, 20, 25, 30, 40, 50, 75))
    if rng.random() < 0.3:
        percent = rng.randint(1, 100)
    sign = rng.choice(("%", " %", " percent") if digits else (" percent", " per cent"))
    of = rng.choice(("of", "of", "of", "from"))
    expression = f"{percent} / 100 * {written}"
    return f"{say_number(percent, rng, digits)}{sign} {of} {said}", _is(expression)


def ordered_calculation(rng: Random) -> Said:
    """Return a sum given as an order ("take three from ten"), with its expression."""
    digits = rng.random() < 0.25
    (a, left), (b, right) = _operand(rng, digits), _operand(rng, digits)
    verb, link, op, swapped = rng.choice(ORDERS)
    first, second = (right, left) if swapped else (left, right)
    return f"{verb} {a} {link} {b}", _is(f"{first} {op} {second}")


ORDERS = (
    ("add", "and", "+", False), ("add", "to", "+", False), ("add", "plus", "+", False),
    ("subtract", "from", "-", True), ("take", "from", "-", True), ("take", "away from", "-", True),
    ("take away", "from", "-", True), ("deduct", "from", "-", True), ("take", "off", "-", True),
    ("multiply", "by", "*", False), ("multiply", "and", "*", False),
    ("multiply", "with", "*", False),
    ("divide", "by", "/", False), ("split", "by", "/", False), ("divide", "through", "/", False),
    ("multiply", "times", "*", False), ("sum", "and", "+", False), ("divide", "over", "/", False),
    ("put together", "and", "+", False), ("knock", "off", "-", True), ("times", "by", "*", False),
    ("cut", "into", "/", False), ("share", "among", "/", False), ("share", "between", "/", False),
    ("increase", "by", "+", False), ("reduce", "by", "-", False), ("raise", "by", "+", False),
)  # fmt: skip


def _is(expression: str) -> Arguments:
    return {"expression": expression}
