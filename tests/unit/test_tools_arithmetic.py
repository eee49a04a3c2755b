from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from xtalk_edge.tools.figures.arithmetic import (
    LIMIT,
    SumError,
    calculate,
    is_rounded,
    spoken_number,
    spoken_sum,
)


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("12 * 7", 84),
        ("2 + 3 * 4", 14),
        ("(2 + 3) * 4", 20),
        ("10 / 4", Fraction(5, 2)),
        ("0.1 + 0.2", Fraction(3, 10)),
        ("-3 - -4", 1),
        ("-(2)", -2),
        ("1,000 + .5", Fraction(2001, 2)),
        ("20% of 50", 10),
        ("twelve times seven", 84),
        ("forty-two divided by six", 7),
        ("one hundred and five minus five", 100),
        ("two thousand three hundred plus one million", 1002300),
        ("three point one four x 2", Fraction(157, 25)),
        ("five and three", 8),
        ("thousand times hundred", 100000),
        ("twenty - five", 15),
        ("ten percent of two hundred", 20),
        ("8÷2×3", 12),
        ("two and a half times four", 10),
        ("half of 90", 45),
        ("two thirds of ninety", 60),
        ("three quarters of 8", 6),
        ("3 and two thirds", Fraction(11, 3)),
        ("5 and half of 3", Fraction(13, 2)),
        ("5 and five", 10),
        ("a thousand and a half", Fraction(2001, 2)),
        ("one hundred and two thirds", Fraction(302, 3)),
        ("point five times 2", 1),
        ("2.5 million times 2", 5000000),
        ("two dozen", 24),
        ("twice 7", 14),
        ("what is 5 plus 5", 10),
        ("what's 5 plus 5?", 10),
        ("the sum of 5 and 3", 8),
        ("add 5 to 3", 8),
        ("subtract 3 from 10", 7),
        ("5 take away 2", 3),
        ("multiply 5 by 6", 30),
        ("divide 20 by 4", 5),
        ("15 percent of 80", 12),
        ("20 percent off 50", 40),
        ("100 plus 10 percent", 110),
        ("100 - 10%", 90),
        ("5 percent plus 10 percent", Fraction(3, 20)),
        ("80 / 50%", 160),
        ("two squared", 4),
        ("3 cubed", 27),
        ("minus two squared", -4),
        ("2 ** 10", 1024),
        ("two to the tenth power", 1024),
        ("2 to the 10th", 1024),
        ("10 to the power of minus 2", Fraction(1, 100)),
        ("2 ^ 3 ^ 2", 512),
        ("1 ^ 999999", 1),
        ("square root of 16", 4),
        ("√(1/4)", Fraction(1, 2)),
        ("16 ^ 0.5", 4),
        ("cube root of minus 27", -3),
        ("5 factorial", 120),
    ],
)
def test_sums(expression, value):
    assert calculate(expression) == value


def test_a_hyphen_between_tens_and_ones_belongs_to_the_word():
    assert calculate("twenty-five") == 25


@pytest.mark.parametrize(
    "expression",
    ["", "hello", "1 +", "(1", "1 2", "2 **", "one two", "three point", "1.2.3", "__import__"],
)
def test_what_is_no_sum_is_refused(expression):
    with pytest.raises(SumError, match="can't work that out"):
        calculate(expression)


def test_division_by_zero_and_giants_have_their_own_sentence():
    with pytest.raises(SumError, match="divide by zero"):
        calculate("1 / (2 - 2)")
    with pytest.raises(SumError, match="too big"):
        calculate("999999999999 * 999999999999")
    with pytest.raises(SumError, match="too big"):
        calculate("9" * 40)
    with pytest.raises(SumError, match="too big"):
        calculate("1 / 999999999 / 999999999")


@pytest.mark.parametrize(
    ("expression", "problem"),
    [
        ("2 ^ 100", "too big"),
        ("0.5 ^ 99", "too big"),
        ("18!", "too big"),
        ("0 ^ -1", "divide by zero"),
        ("8 ^ 0.3", "whole powers"),
        ("square root of minus 4", "negative number"),
        ("2.5 factorial", "whole numbers"),
        ("(" * 5000, "can't work that out"),
        ("point", "can't work that out"),
    ],
)
def test_what_has_no_answer_says_why(expression, problem):
    with pytest.raises(SumError, match=problem):
        calculate(expression)


@given(value=st.integers(0, 10**14))
@pytest.mark.slow
def test_roots_are_close_and_exact_where_they_can_be(value):
    root = calculate(f"root {value}")
    assert abs(root**2 - value) <= (root + 1) * Fraction(1, 10**6)
    assert calculate(f"square root of ({value % 10**6} * {value % 10**6})") == value % 10**6


@given(a=st.integers(-(10**6), 10**6), b=st.integers(-999, 999), c=st.integers(1, 999))
@pytest.mark.slow
def test_values_are_exact(a, b, c):
    assert calculate(f"({a}) * {b} + {a} / {c}") == Fraction(a) * b + Fraction(a, c)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (Fraction(84), "84"),
        (Fraction(-5), "minus 5"),
        (Fraction(10, 3), "3.33"),
        (Fraction(1, 8), "0.125"),
        (Fraction(1, 3000), "0.000333"),
        (Fraction(-1, 10**14), "0"),
        (LIMIT, "1000000000000000"),
    ],
)
def test_numbers_are_spoken_sensibly(value, text):
    assert spoken_number(value) == text


@given(value=st.fractions(min_value=-(10**9), max_value=10**9, max_denominator=10**6))
@pytest.mark.slow
def test_a_spoken_number_is_close_to_the_truth(value):
    said = Fraction(spoken_number(value).replace("minus ", "-"))
    assert abs(said - value) <= max(Fraction(1, 200), abs(value) / 100)
    assert is_rounded(value) == (said != value)


def test_the_sum_is_repeated_in_words():
    assert spoken_sum("twelve x 7 - 50%") == "12 times 7 minus 50 percent"
    assert spoken_sum("(1+2)") == ""
    assert spoken_sum("20 percent of two cubed") == "20 percent of 2 cubed"
    assert spoken_sum("the square root of 2 to the 10th") == (
        "the square root of 2 to the power of 10"
    )


WORDS = [
    "two", "twenty", "hundred", "thousand", "point", "five", "and", "a", "half", "thirds", "of",
    "percent", "off", "squared", "root", "cube root of", "to the", "power", "fifth", "minus",
    "times", "(", ")", "!", "^", "0", "17", "3.5", "1,000", "divided by", "dozen", "twice",
]  # fmt: skip


@given(text=st.text(max_size=80) | st.lists(st.sampled_from(WORDS), max_size=14).map(" ".join))
@pytest.mark.slow
def test_nothing_but_a_sum_error_escapes(text):
    try:
        value = calculate(text)
    except SumError:
        return
    assert abs(value) <= LIMIT
    assert spoken_number(value)
    spoken_sum(text)
