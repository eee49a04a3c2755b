from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from xtalk_edge.tools.arithmetic import (
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
    ],
)
def test_sums(expression, value):
    assert calculate(expression) == value


def test_a_hyphen_between_tens_and_ones_belongs_to_the_word():
    assert calculate("twenty-five") == 25


@pytest.mark.parametrize(
    "expression",
    ["", "hello", "1 +", "(1", "1 2", "2 ** 3", "one two", "three point", "1.2.3", "__import__"],
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


@given(a=st.integers(-(10**6), 10**6), b=st.integers(-999, 999), c=st.integers(1, 999))
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
def test_a_spoken_number_is_close_to_the_truth(value):
    said = Fraction(spoken_number(value).replace("minus ", "-"))
    assert abs(said - value) <= max(Fraction(1, 200), abs(value) / 100)
    assert is_rounded(value) == (said != value)


def test_the_sum_is_repeated_in_words():
    assert spoken_sum("twelve x 7 - 50%") == "12 times 7 minus 50 percent"
    assert spoken_sum("(1+2)") == ""


@given(text=st.text(max_size=80))
def test_nothing_but_a_sum_error_escapes(text):
    try:
        value = calculate(text)
    except SumError:
        return
    assert abs(value) <= LIMIT
    assert spoken_number(value)
    spoken_sum(text)
