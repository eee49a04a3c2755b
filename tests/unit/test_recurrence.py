"""Alarms ring by the clock on the wall, whatever daylight saving does to it."""

import datetime
import zoneinfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from xtalk_edge.store.alarms import AlarmRule
from xtalk_edge.tools.timekeeping.recurrence import (
    instant_on,
    last_day,
    next_day,
    next_occurrence,
    occurs_on,
)

NEW_YORK = zoneinfo.ZoneInfo("America/New_York")
ZONES = [
    NEW_YORK,
    zoneinfo.ZoneInfo("Europe/Berlin"),
    zoneinfo.ZoneInfo("Australia/Lord_Howe"),  # half an hour of daylight saving
    zoneinfo.ZoneInfo("America/Sao_Paulo"),  # used to skip midnight
    zoneinfo.ZoneInfo("Pacific/Apia"),  # once skipped a whole day
    datetime.UTC,
]
REPEATS = ["daily", "weekdays", "weekends", "weekly"]
MINUTE = datetime.timedelta(minutes=1)
DAY = datetime.timedelta(days=1)

zones = st.sampled_from(ZONES)
days = st.dates(datetime.date(2008, 1, 1), datetime.date(2028, 12, 31))
rules = st.builds(
    AlarmRule,
    hour=st.integers(0, 23),
    minute=st.integers(0, 59),
    repeat=st.sampled_from(["", *REPEATS]),
    first_day=days,
)


@st.composite
def local_times(draw, near=None):
    zone = draw(zones)
    day = near or draw(days)
    seconds = draw(st.integers(-20 * 86400, 20 * 86400))
    noon = datetime.datetime.combine(day, datetime.time(12), datetime.UTC)
    return (noon + datetime.timedelta(seconds=seconds)).astimezone(zone)


@st.composite
def rules_and_times(draw):
    rule = draw(rules)
    return rule, draw(local_times(near=rule.first_day))


def at(text, zone=NEW_YORK):
    return datetime.datetime.fromisoformat(text).replace(tzinfo=zone)


def rule(text, repeat="daily", first_day="2026-01-01"):
    hour, minute = map(int, text.split(":"))
    return AlarmRule(hour, minute, repeat, datetime.date.fromisoformat(first_day))


@pytest.mark.parametrize(
    ("alarm", "now", "rings"),
    [
        (rule("6:30"), "2026-05-04 06:29:59", "2026-05-04 06:30:00-04:00"),
        (rule("6:30"), "2026-05-04 06:30:00", "2026-05-05 06:30:00-04:00"),
        (rule("6:30", "weekdays"), "2026-05-08 07:00", "2026-05-11 06:30:00-04:00"),
        (rule("6:30", "weekends"), "2026-05-04 07:00", "2026-05-09 06:30:00-04:00"),
        (rule("6:30", "weekly"), "2026-05-04 07:00", "2026-05-07 06:30:00-04:00"),
        (rule("6:30", "", "2026-05-09"), "2026-05-04 07:00", "2026-05-09 06:30:00-04:00"),
        # Half past two does not exist on the 8th of March; three o'clock is the moment after.
        (rule("2:30"), "2026-03-08 01:00", "2026-03-08 03:00:00-04:00"),
        (rule("2:30"), "2026-03-08 03:00", "2026-03-09 02:30:00-04:00"),
        # Half past one comes twice on the 1st of November; once is enough.
        (rule("1:30"), "2026-11-01 01:00", "2026-11-01 01:30:00-04:00"),
        (rule("1:30"), "2026-11-01 01:30", "2026-11-02 01:30:00-05:00"),
    ],
)
def test_examples(alarm, now, rings):
    found = next_occurrence(alarm, at(now))
    assert found is not None
    assert found.isoformat(" ") == rings


def test_an_alarm_for_once_rings_no_more():
    assert next_occurrence(rule("6:30", "", "2026-05-04"), at("2026-05-04 06:30")) is None


def test_a_repeated_hour_is_not_mistaken_for_the_one_before():
    second_time = datetime.datetime(2026, 11, 1, 1, 10, tzinfo=NEW_YORK, fold=1)
    assert next_day(rule("1:30"), second_time) == datetime.date(2026, 11, 2)
    assert last_day(rule("1:30"), second_time) == datetime.date(2026, 11, 1)


def test_a_skipped_day_is_rung_at_its_end():
    apia = zoneinfo.ZoneInfo("Pacific/Apia")
    skipped = instant_on(rule("7:00", first_day="2011-01-01"), datetime.date(2011, 12, 30), apia)
    assert skipped.astimezone(apia).isoformat(" ") == "2011-12-31 00:00:00+14:00"


@given(rules, days, zones)
def test_it_rings_at_that_time_or_at_the_first_moment_after(alarm, day, zone):
    instant = instant_on(alarm, day, zone)
    wanted = datetime.datetime.combine(day, datetime.time(alarm.hour, alarm.minute))
    assert instant.astimezone(zone).replace(tzinfo=None) >= wanted
    # So it is the first: the moment before, the clock showed an earlier time.
    just_before = (instant - datetime.timedelta(seconds=1)).astimezone(zone)
    assert just_before.replace(tzinfo=None) < wanted


@given(rules_and_times())
def test_the_next_ring_is_the_first_of_all_that_lie_ahead(rule_and_time):
    alarm, now = rule_and_time
    zone = now.tzinfo
    near = [now.date() + offset * DAY for offset in range(-3, 45)]
    ahead = [instant_on(alarm, day, zone) for day in near if occurs_on(alarm, day)]
    ahead = [instant for instant in ahead if instant > now]
    found = next_occurrence(alarm, now)
    if ahead:
        assert found is not None
        assert found.astimezone(datetime.UTC) == min(ahead)
        assert found.tzinfo is zone
    else:
        assert found is None


@given(rules_and_times())
def test_the_last_ring_is_the_latest_of_all_that_lie_behind(rule_and_time):
    alarm, now = rule_and_time
    near = [now.date() - offset * DAY for offset in range(-1, 45)]
    behind = [
        day for day in near if occurs_on(alarm, day) and instant_on(alarm, day, now.tzinfo) <= now
    ]
    assert last_day(alarm, now) == max(behind, default=None)


@given(rules_and_times(), st.integers(0, 10))
def test_days_that_are_done_are_left_out(rule_and_time, count):
    alarm, now = rule_and_time
    done: set[datetime.date] = set()
    for _ in range(count):
        day = next_day(alarm, now, done)
        if day is None:
            break
        assert day not in done
        assert not done or day > max(done)
        done.add(day)


@given(rules, days)
def test_the_days_of_a_rule(alarm, day):
    if occurs_on(alarm, day):
        assert day >= alarm.first_day
        assert (alarm.repeat, day.weekday() < 5) not in {("weekdays", False), ("weekends", True)}
        assert alarm.repeat != "weekly" or day.weekday() == alarm.first_day.weekday()
