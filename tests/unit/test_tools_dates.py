import calendar
import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.tool_parts import run_call
from xtalk_edge.engines.interfaces import ToolCall
from xtalk_edge.tools.dates.date_steps import DateError, shift
from xtalk_edge.tools.dates.date_words import MONTHS, WEEKDAYS, plain_date
from xtalk_edge.tools.dates.days import days_until, get_date, shift_date
from xtalk_edge.tools.dates.spoken_dates import LONGEST_CHARS, read_date
from xtalk_edge.tools.spoken import number_words, ordinal

TODAY = datetime.date(2026, 5, 4)  # a Monday
DAYS = st.dates(datetime.date(1, 1, 1), datetime.date(9999, 12, 31))
USUAL_DAYS = st.dates(datetime.date(1900, 1, 1), datetime.date(2200, 12, 31))
WORDS = [
    "the", "of", "next", "last", "this", "since", "in", "a", "day", "days", "week", "weeks",
    "month", "year", "weekend", "after", "before", "from", "now", "ago", "end", "first", "second",
    "twenty", "third", "5th", "31st", "0", "13th", "2027", "99999", "hundred", "thousand", "and",
    "oh", "12/25", "2/30/27", "0000-01-01", "friday", "monday", "february", "july", "easter",
    "christmas", "summer", "middle", "leap", "eve", "new", "new year's", "tomorrow", "couple",
    "ten",
]  # fmt: skip


def said(day):
    return f"{MONTHS[day.month - 1]} {day.day}"


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("today", "2026-05-04"), ("tomorrow", "2026-05-05"), ("yesterday", "2026-05-03"),
        ("the day after tomorrow", "2026-05-06"), ("day before yesterday", "2026-05-02"),
        ("monday", "2026-05-04"), ("friday", "2026-05-08"), ("next friday", "2026-05-15"),
        ("this saturday", "2026-05-09"), ("last monday", "2026-04-27"), ("fri", "2026-05-08"),
        ("since friday", "2026-05-01"), ("friday next week", "2026-05-15"),
        ("tuesday last week", "2026-04-28"), ("coming sunday", "2026-05-10"),
        ("july fourth", "2026-07-04"), ("the 4th of july 2027", "2027-07-04"),
        ("twenty third of march", "2027-03-23"), ("March twenty-third", "2027-03-23"),
        ("last july 4th", "2025-07-04"), ("sept. 3", "2026-09-03"),
        ("saturday july fourth", "2026-07-04"), ("july fourth next year", "2027-07-04"),
        ("may first nineteen ninety nine", "1999-05-01"), ("may 4", "2026-05-04"),
        ("may third two thousand and five", "2005-05-03"), ("may 3 nineteen oh five", "1905-05-03"),
        ("12/25", "2026-12-25"), ("25/12/27", "2027-12-25"), ("2027-12-25", "2027-12-25"),
        ("july", "2026-07-01"), ("last july", "2025-07-01"), ("march 2030", "2030-03-01"),
        ("2027", "2027-01-01"), ("the year twenty thirty", "2030-01-01"),
        ("the weekend", "2026-05-09"), ("next weekend", "2026-05-16"), ("next week", "2026-05-11"),
        ("next month", "2026-06-01"), ("last year", "2025-01-01"), ("this month", "2026-05-01"),
        ("first of next month", "2026-06-01"), ("end of the month", "2026-05-31"),
        ("last day of next year", "2027-12-31"), ("beginning of next week", "2026-05-11"),
        ("end of february", "2027-02-28"), ("start of july", "2026-07-01"),
        ("the 15th", "2026-05-15"), ("the second", "2026-06-02"), ("31st", "2026-05-31"),
        ("the 3rd of last month", "2026-04-03"), ("friday the thirteenth", "2026-11-13"),
        ("first monday in june", "2026-06-01"), ("last friday of may", "2026-05-29"),
        ("second tuesday of next month", "2026-06-09"), ("last sunday of the month", "2026-05-31"),
        ("third friday of march 2030", "2030-03-15"), ("first monday of last april", None),
        ("three weeks from now", "2026-05-25"), ("in two days", "2026-05-06"),
        ("a month ago", "2026-04-04"), ("a hundred and five days from today", "2026-08-17"),
        ("two thousand days ago", "2020-11-11"), ("a week from friday", "2026-05-15"),
        ("a fortnight", "2026-05-18"), ("couple of days ago", "2026-05-02"),
        ("two weeks before christmas", "2026-12-11"), ("the day after easter", "2027-03-29"),
        ("christmas", "2026-12-25"), ("Christmas Day", "2026-12-25"), ("xmas eve", "2026-12-24"),
        ("last christmas", "2025-12-25"), ("christmas 2030", "2030-12-25"),
        ("this easter", "2026-04-05"), ("next easter", "2027-03-28"), ("new year's", "2027-01-01"),
        ("since new year", "2026-01-01"), ("new year’s eve", "2026-12-31"),
        ("leap day", "2028-02-29"), ("february 29th", "2028-02-29"),
        ("last leap day", "2024-02-29"), ("st. patrick's day", "2027-03-17"),
        ("summer", "2026-06-21"), ("first day of fall", "2026-09-23"),
        ("winter solstice", "2026-12-21"), ("beginning of spring", "2027-03-20"),
        ("longest day of the year", "2026-06-21"), ("last summer", "2025-06-21"),
        ("this coming friday", "2026-05-08"), ("friday in two weeks", "2026-05-22"),
        ("friday after next", "2026-05-22"), ("middle of may", "2026-05-16"),
        ("middle of next week", "2026-05-14"), ("19", "2026-05-19"),
        ("may 3 one thousand nine hundred sixty two", "1962-05-03"), ("advent", "2026-11-29"),
        ("cyber monday", "2026-11-30"), ("last first monday of may", None),
        ("day", None), ("0th", None),
        ("40th", None), ("days from", None), ("year 0000", None), ("two weeks before", None),
    ],
)  # fmt: skip
def test_dates_as_they_are_said(text, day):
    if day is None:
        with pytest.raises(DateError, match="no date for"):
            read_date(text, TODAY)
    else:
        assert read_date(text, TODAY).day.isoformat() == day


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("february 30th", "There is no February 30th."),
        ("february 29 2027", "There is no February 29th in 2027."),
        ("june 31", "There is no June 31st."),
        ("leap day this year", "There is no Leap Day in 2026."),
        ("13/13", "Sorry, which day do you mean?"),
        ("", "Sorry, which day do you mean?"),
        ("the", "Sorry, which day do you mean?"),
        ("day after " * LONGEST_CHARS, "Sorry, which day do you mean?"),
        ("sixth friday of may", "There is no such day."),
        ("fifth sunday of next month", "There is no such day."),
        ("fifth friday of february", "There is no such day."),
        ("fifth friday of february 2027", "There is no such day in 2027."),
        ("the 31st of last month", "There is no such day."),
        ("99999 years from now", "That is too far away for me."),
        ("9999999 weeks ago", "That is too far away for me."),
        ("my birthday", "Sorry, I have no date for your birthday."),
    ],
)
def test_days_that_there_are_not(text, problem):
    with pytest.raises(DateError) as caught:
        read_date(text, TODAY)
    assert str(caught.value) == problem


@pytest.mark.parametrize("text", ["next year", "next month", "saturday", "next monday"])
def test_the_calendar_ends(text):
    with pytest.raises(DateError, match="too far away"):
        read_date(text, datetime.date(9999, 12, 31))


@given(day=USUAL_DAYS, today=USUAL_DAYS)
@pytest.mark.slow
def test_a_full_date_is_read_back_however_it_is_said(day, today):
    month, number = MONTHS[day.month - 1], day.day
    tens = f"{number_words(day.year // 100)} {number_words(day.year % 100)}"
    for text in (
        f"{month} {number} {day.year}",
        f"the {ordinal(number)} of {month.title()}, {day.year}",
        f"{month} {ordinal(number)} {day.year}",
        f"{month} {number_words(number)} {day.year}",
        f"{WEEKDAYS[day.weekday()]} {month} {number} {day.year}",
        f"{day.month}/{number}/{day.year}",
        day.isoformat(),
        f"{month} {ordinal(number)} {tens}" if day.year % 100 > 9 else day.isoformat(),
    ):
        assert read_date(text, today).day == day


@given(today=USUAL_DAYS, weekday=st.sampled_from(WEEKDAYS))
def test_weekdays_lie_around_today(today, weekday):
    coming, last, following = (
        read_date(f"{which} {weekday}", today).day for which in ("", "last", "next")
    )
    assert 0 <= (coming - today).days < 7
    assert 0 < (today - last).days <= 7
    assert 0 < (following - today).days < 14
    assert following.isocalendar()[1] == (today + datetime.timedelta(days=7)).isocalendar()[1]
    assert all(WEEKDAYS[day.weekday()] == weekday for day in (coming, last, following))


@given(today=USUAL_DAYS, other=USUAL_DAYS)
@pytest.mark.slow
def test_a_day_of_the_year_is_the_next_or_the_last_one(today, other):
    coming = read_date(said(other), today)
    last = read_date(f"since {said(other)}", today).day
    assert last < today <= coming.day
    assert (coming.day.month, coming.day.day) == (last.month, last.day) == (other.month, other.day)
    assert coming.earlier is None or coming.earlier == last


@given(today=USUAL_DAYS, count=st.integers(0, 99))
def test_so_many_days_on_and_back_again(today, count):
    ahead = read_date(f"in {number_words(count)} days", today).day
    assert read_date(f"{count} days ago", ahead).day == today


@given(day=DAYS, count=st.integers(-99999, 99999))
def test_months_clamp_and_never_skip_one(day, count):
    try:
        shifted = shift(day, count, "months")
    except DateError:
        return
    assert (shifted.year - day.year) * 12 + shifted.month - day.month == count
    last = calendar.monthrange(shifted.year, shifted.month)[1]
    assert shifted.day == min(day.day, last)


def test_the_last_of_january_and_a_month_is_the_last_of_february():
    assert shift(datetime.date(2026, 1, 31), 1, "month").isoformat() == "2026-02-28"
    assert shift(datetime.date(2028, 2, 29), 1, "years").isoformat() == "2029-02-28"


@given(text=st.text(max_size=60), today=DAYS)
@pytest.mark.slow
def test_no_text_breaks_the_reader(text, today):
    try:
        assert isinstance(read_date(text, today).day, datetime.date)
    except DateError as error:
        assert str(error)[-1] in ".?"


@given(words=st.lists(st.sampled_from(WORDS), max_size=8), today=DAYS)
@pytest.mark.slow
def test_no_words_break_the_reader(words, today):
    try:
        found = read_date(" ".join(words), today)
        assert isinstance(found.day, datetime.date)
        assert found.name
    except DateError as error:
        assert str(error)[-1] in ".?"


def test_numbers_are_joined_as_they_are_said():
    assert plain_date("zero five and 20") == "0 5 and 20"
    assert plain_date("a thousand") == "a 1000"
    assert plain_date("july 20 5") == "july 20 5"


@pytest.mark.parametrize(
    ("tool", "arguments", "sentence"),
    [
        ("get_date", {}, "Today is Monday, May 4th, 2026."),
        ("get_date", {"date": "tomorrow"}, "Tomorrow is Tuesday, May 5th, 2026."),
        ("get_date", {"date": "next friday"}, "Next Friday is May 15th, 2026."),
        ("get_date", {"date": "july fourth"}, "July 4th, 2026 is a Saturday."),
        ("get_date", {"date": "july 4 2020"}, "July 4th, 2020 was a Saturday."),
        ("get_date", {"date": "christmas"}, "Christmas is on Friday, December 25th, 2026."),
        ("get_date", {"date": "next week"}, "Next week starts on Monday, May 11th, 2026."),
        ("get_date", {"date": "last year"}, "Last year started on Wednesday, January 1st, 2025."),
        ("get_date", {"date": "ten days ago"}, "That was Friday, April 24th, 2026."),
        ("get_date", {"date": "lunch"}, "Sorry, I have no date for lunch."),
        ("shift_date", {"count": 3, "unit": "weeks", "direction": "ahead"},
         "In three weeks it's Monday, May 25th, 2026."),
        ("shift_date", {"count": 10, "unit": "days", "direction": "ago"},
         "Ten days ago it was Friday, April 24th, 2026."),
        ("shift_date", {"count": 1}, "In one day it's Tuesday, May 5th, 2026."),
        ("shift_date", {"count": 9999, "unit": "years"}, "That is too far away for me."),
        ("shift_date", {"unit": "weeks"}, "How many weeks should I count?"),
        ("days_until", {}, "To which day should I count?"),
        ("days_until", {"date": "christmas"}, "Christmas is in 235 days."),
        ("days_until", {"date": "friday"}, "Friday is in four days."),
        ("days_until", {"date": "monday"}, "Monday is today."),
        ("days_until", {"date": "may fifth"}, "May 5th is tomorrow."),
        ("days_until", {"date": "july 4 2027"}, "July 4th, 2027 is in 426 days."),
        ("days_until", {"date": "today"}, "That's today."),
        ("days_until", {"date": "tomorrow"}, "That's in one day."),
        ("days_until", {"date": "since new year"}, "New Year was 123 days ago."),
        ("days_until", {"date": "last christmas"}, "Last Christmas was 130 days ago."),
        ("days_until", {"date": "new year"},
         "New Year is in 242 days; the last one was 123 days ago."),
        ("days_until", {"date": "since yesterday"}, "That's one day ago."),
        ("days_until", {"date": "never"}, "Sorry, I have no date for never."),
    ],
)  # fmt: skip
def test_what_is_said_about_days(tmp_path, tool, arguments, sentence):
    tools = (get_date, shift_date, days_until)
    assert run_call(tmp_path, ToolCall(tool, arguments), tools=tools).content == sentence


def test_questions_before_acting_read_well():
    assert get_date.in_words({"date": "christmas"}) == "tell you the date of christmas"
    assert get_date.in_words({}) == "tell you the date"
    assert shift_date.in_words({"count": 3}) == "work out a date"
    assert days_until.in_words({"date": "friday"}) == "count the days to friday"
