"""From what was said to the rule of an alarm."""

import dataclasses
import datetime

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from tests.unit.tool_parts import TEN_PAST_FOUR
from xtalk_edge.store.alarms import AlarmRule
from xtalk_edge.tools.timekeeping.alarm_times import (
    DAYS,
    REPEATS,
    AlarmTimeError,
    SaidTime,
    changed_rule,
    hours_meant,
    new_rule,
)
from xtalk_edge.tools.timekeeping.recurrence import next_occurrence, occurs_on

MONDAY = TEN_PAST_FOUR.date()  # ten past four in the afternoon

optional_hour = st.none() | st.integers(0, 23)
said_times = st.builds(
    SaidTime,
    hour=optional_hour,
    minute=st.none() | st.integers(0, 59),
    period=st.sampled_from(["", "am", "pm"]),
    day=st.sampled_from(["", *DAYS]),
    repeat=st.sampled_from(["", *REPEATS]),
)
moments = st.integers(0, 2 * 366 * 24 * 60).map(
    lambda minutes: TEN_PAST_FOUR + datetime.timedelta(minutes=minutes)
)


def spoken(alarm):
    return f"{alarm.hour}:{alarm.minute:02d} {alarm.first_day:%a %d} {alarm.repeat}".strip()


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        (SaidTime(7), "19:00 Mon 04"),
        (SaidTime(4), "4:00 Tue 05"),
        (SaidTime(4, 30), "16:30 Mon 04"),
        (SaidTime(12), "0:00 Tue 05"),
        (SaidTime(0), "0:00 Tue 05"),
        (SaidTime(16), "16:00 Tue 05"),
        (SaidTime(19, 30), "19:30 Mon 04"),
        (SaidTime(6, 30, "am", "tomorrow"), "6:30 Tue 05"),
        (SaidTime(12, None, "pm"), "12:00 Tue 05"),
        (SaidTime(12, None, "am"), "0:00 Tue 05"),
        (SaidTime(19, None, "pm"), "19:00 Mon 04"),
        (SaidTime(7, day="today"), "19:00 Mon 04"),
        (SaidTime(7, day="tomorrow"), "7:00 Tue 05"),
        (SaidTime(2, day="tomorrow"), "14:00 Tue 05"),
        (SaidTime(7, day="monday"), "7:00 Mon 11"),
        (SaidTime(8, None, "pm", "monday"), "20:00 Mon 04"),
        (SaidTime(7, day="sunday"), "7:00 Sun 10"),
        (SaidTime(7, repeat="daily"), "7:00 Tue 05 daily"),
        (SaidTime(7, None, "pm", repeat="daily"), "19:00 Mon 04 daily"),
        (SaidTime(7, repeat="weekends"), "7:00 Sat 09 weekends"),
        (SaidTime(7, repeat="weekly"), "7:00 Tue 05 weekly"),
        (SaidTime(8, None, "pm", "monday", "weekly"), "20:00 Mon 04 weekly"),
        (SaidTime(8, None, "am", "wednesday", "weekdays"), "8:00 Wed 06 weekdays"),
        (SaidTime(8, None, "pm", "today", "daily"), "20:00 Mon 04 daily"),
    ],
)
def test_new_alarms(said, expected):
    assert spoken(new_rule(said, TEN_PAST_FOUR)) == expected


@pytest.mark.parametrize(
    ("said", "problem"),
    [
        (SaidTime(), "What time should the alarm be?"),
        (SaidTime(19, None, "am"), "19 o'clock is not in the morning."),
        (SaidTime(0, None, "pm"), "Zero o'clock is in the morning."),
        (SaidTime(4, day="today"), "That time has already passed today."),
        (SaidTime(7, None, "am", "today"), "That time has already passed today."),
        (SaidTime(7, day="saturday", repeat="weekdays"), "Saturday is not a weekday."),
        (SaidTime(7, day="monday", repeat="weekends"), "Monday is not on the weekend."),
    ],
)
def test_what_makes_no_sense_is_asked_about(said, problem):
    with pytest.raises(AlarmTimeError, match=problem):
        new_rule(said, TEN_PAST_FOUR)


SEVEN_TOMORROW = AlarmRule(7, 0, "", datetime.date(2026, 5, 5))
NINE_TONIGHT = AlarmRule(21, 0, "", MONDAY)
EVERY_MONDAY = AlarmRule(7, 0, "weekly", MONDAY)
WEEKDAYS = AlarmRule(7, 0, "weekdays", MONDAY)


@pytest.mark.parametrize(
    ("old", "said", "expected"),
    [
        (SEVEN_TOMORROW, SaidTime(8), "8:00 Tue 05"),
        (SEVEN_TOMORROW, SaidTime(7, 30), "7:30 Tue 05"),
        (SEVEN_TOMORROW, SaidTime(minute=45), "7:45 Tue 05"),
        (SEVEN_TOMORROW, SaidTime(period="pm"), "19:00 Tue 05"),
        (SEVEN_TOMORROW, SaidTime(day="friday"), "7:00 Fri 08"),
        (SEVEN_TOMORROW, SaidTime(8, None, "pm", "today"), "20:00 Mon 04"),
        (dataclasses.replace(SEVEN_TOMORROW, minute=30), SaidTime(day="friday"), "7:30 Fri 08"),
        (NINE_TONIGHT, SaidTime(10), "22:00 Mon 04"),
        (NINE_TONIGHT, SaidTime(4), "16:00 Tue 05"),
        (NINE_TONIGHT, SaidTime(period="am"), "9:00 Tue 05"),
        (EVERY_MONDAY, SaidTime(8), "8:00 Mon 04 weekly"),
        (EVERY_MONDAY, SaidTime(day="friday"), "7:00 Fri 08 weekly"),
        (WEEKDAYS, SaidTime(6, 30), "6:30 Mon 04 weekdays"),
    ],
)
def test_changes_keep_what_was_not_said(old, said, expected):
    assert spoken(changed_rule(old, said, TEN_PAST_FOUR)) == expected


@pytest.mark.parametrize(
    ("old", "said", "problem"),
    [
        (SEVEN_TOMORROW, SaidTime(), "What time should the alarm be?"),
        (SEVEN_TOMORROW, SaidTime(7, day="today"), "already passed today"),
        (SEVEN_TOMORROW, SaidTime(15, None, "am"), "15 o'clock is not in the morning"),
        (WEEKDAYS, SaidTime(day="friday"), "rings on several days"),
    ],
)
def test_changes_that_make_no_sense_are_asked_about(old, said, problem):
    with pytest.raises(AlarmTimeError, match=problem):
        changed_rule(old, said, TEN_PAST_FOUR)


@given(said_times, moments)
@pytest.mark.slow
def test_a_new_alarm_rings_again_and_as_was_said(said, now):
    try:
        alarm = new_rule(said, now)
    except AlarmTimeError:
        return
    rings = next_occurrence(alarm, now)
    assert rings is not None
    assert rings.minute == (said.minute or 0)
    assert rings.hour in hours_meant(said.hour, said.period)
    assert said.repeat == alarm.repeat
    assert rings - now <= datetime.timedelta(days=8)
    if said.day:
        assert rings >= now
        assert occurs_on(alarm, alarm.first_day)
    elif not said.repeat:
        assert rings - now <= datetime.timedelta(days=1)


@given(said_times, moments, said_times, st.integers(0, 3000))
@pytest.mark.slow
def test_a_changed_alarm_rings_again(first, now, change, minutes):
    assume(not change.repeat)
    try:
        alarm = new_rule(first, now)
        later = now + datetime.timedelta(minutes=minutes)
        changed = changed_rule(alarm, change, later)
    except AlarmTimeError:
        return
    rings = next_occurrence(changed, later)
    assert rings is not None
    assert changed.repeat == alarm.repeat
    if change.hour is not None:
        assert rings.hour in hours_meant(change.hour, change.period)
