import datetime
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from xtalk_edge.tools.spoken import (
    date_words,
    duration_words,
    join_words,
    number_words,
    size_words,
    span_words,
    time_words,
)


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (250, "four minutes and ten seconds"),
        (1, "one second"),
        (0, "zero seconds"),
        (-5, "zero seconds"),
        (59.2, "one minute"),
        (3600, "one hour"),
        (7265, "two hours, one minute and five seconds"),
        (86400, "twenty-four hours"),
    ],
)
def test_durations_are_worded_for_the_ear(seconds, words):
    assert duration_words(seconds) == words


@given(seconds=st.integers(1, 10**6))
@pytest.mark.slow
def test_a_duration_says_every_second(seconds):
    numbers = {number_words(n): n for n in range(100)} | {str(n): n for n in range(100, 300)}
    units = {"hour": 3600, "minute": 60, "second": 1}
    said = re.findall(r"([\w-]+) (hour|minute|second)s?", duration_words(seconds))
    assert sum(numbers[number] * units[unit] for number, unit in said) == seconds


def test_a_span_is_singular():
    assert span_words(5430) == "one hour, thirty minute and thirty second"


@pytest.mark.parametrize(
    ("hour", "minute", "words"),
    [(0, 0, "12:00 AM"), (16, 10, "4:10 PM"), (12, 5, "12:05 PM"), (9, 30, "9:30 AM")],
)
def test_times(hour, minute, words):
    assert time_words(datetime.datetime(2026, 5, 4, hour, minute, tzinfo=datetime.UTC)) == words


@pytest.mark.parametrize(
    ("day", "ordinal"), [(1, "1st"), (2, "2nd"), (3, "3rd"), (4, "4th"), (11, "11th"), (22, "22nd")]
)
def test_dates(day, ordinal):
    assert date_words(datetime.date(2026, 5, day)).endswith(f"day, May {ordinal}, 2026")


def test_lists_and_numbers():
    assert join_words([]) == ""
    assert join_words(["a"]) == "a"
    assert join_words(["a", "b", "c"], last="or") == "a, b or c"
    assert [number_words(n) for n in (0, 19, 20, 47, 100, -1)] == [
        "zero", "nineteen", "twenty", "forty-seven", "100", "-1",
    ]  # fmt: skip


@given(size=st.integers(0, 10**16))
def test_sizes_are_short(size):
    number, unit = size_words(size).split()
    assert len(number) <= 5
    assert unit.endswith("s") == (number != "1")
