import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from xtalk_edge.tools.dates.holidays import HOLIDAYS, easter, month_end, nth_weekday

YEARS = st.integers(1, 9999)


@pytest.mark.parametrize(
    "day",
    [
        "1954-04-18", "1981-04-19", "2000-04-23", "2008-03-23", "2024-03-31", "2025-04-20",
        "2026-04-05", "2027-03-28", "2038-04-25", "2049-04-18", "2076-04-19",
    ],
)  # fmt: skip
def test_easter_of_known_years(day):
    assert easter(int(day[:4])).isoformat() == day


@given(year=YEARS)
@pytest.mark.slow
def test_easter_is_a_sunday_in_spring(year):
    day = easter(year)
    assert day.weekday() == 6
    assert datetime.date(year, 3, 22) <= day <= datetime.date(year, 4, 25)


@given(year=st.integers(1, 9998), month=st.integers(1, 12))
@pytest.mark.slow
def test_a_month_ends_before_the_next_begins(year, month):
    following = datetime.date(year + month // 12, month % 12 + 1, 1)
    assert month_end(year, month) + datetime.timedelta(days=1) == following


@given(
    year=YEARS, month=st.integers(1, 12), weekday=st.integers(0, 6), nth=st.sampled_from([1, 2, 5])
)
@pytest.mark.slow
def test_the_nth_weekday_is_one_and_so_many_weeks_in(year, month, weekday, nth):
    day = nth_weekday(year, month, weekday, nth)
    last = nth_weekday(year, month, weekday, -1)
    assert last is not None
    assert last.month == month
    assert last.day > month_end(year, month).day - 7
    if day is None:
        assert nth == 5
        assert last.day <= 28
    else:
        assert (day.weekday(), (day.day - 1) // 7 + 1) == (weekday, nth)


@given(year=YEARS, name=st.sampled_from(sorted(HOLIDAYS)))
@pytest.mark.slow
def test_every_holiday_has_its_day_every_year_but_leap_day(year, name):
    written, rule = HOLIDAYS[name]
    day = rule(year)
    if day is None:
        season_beyond_the_tables = written.startswith("The first day of") and abs(year - 2000) > 999
        assert season_beyond_the_tables or (written == "Leap Day" and month_end(year, 2).day == 28)
    else:
        assert day.year == year


@pytest.mark.parametrize(
    ("season", "days"),
    [
        ("spring", ["2000-03-20", "2019-03-20", "2026-03-20", "2048-03-19"]),
        ("summer", ["2000-06-21", "2024-06-20", "2026-06-21", "2028-06-20"]),
        ("autumn", ["2000-09-22", "2027-09-23", "2028-09-22"]),
        ("winter", ["2000-12-21", "2023-12-22", "2026-12-21"]),
    ],
)
def test_seasons_begin_where_almanacs_say(season, days):
    for day in days:
        assert HOLIDAYS[season][1](int(day[:4])) == datetime.date.fromisoformat(day)


@pytest.mark.parametrize(
    ("name", "day"),
    [
        ("thanksgiving", "2026-11-26"),
        ("black friday", "2026-11-27"),
        ("mothers day", "2026-05-10"),
        ("fathers day", "2026-06-21"),
        ("labor day", "2026-09-07"),
        ("memorial day", "2026-05-25"),
        ("election day", "2026-11-03"),
        ("mardi gras", "2026-02-17"),
        ("good friday", "2026-04-03"),
        ("pentecost", "2026-05-24"),
    ],
)
def test_holidays_of_a_known_year(name, day):
    assert HOLIDAYS[name][1](2026) == datetime.date.fromisoformat(day)
