"""Alarms on disk."""

import datetime
import sqlite3

import pytest

from xtalk_edge.errors import EdgeError
from xtalk_edge.store.alarms import DAYS_KEPT, AlarmRule, AlarmTable
from xtalk_edge.store.database import Database

MONDAY = datetime.date(2026, 5, 4)
TUESDAY = datetime.date(2026, 5, 5)
DAILY = AlarmRule(7, 30, "daily", MONDAY)


@pytest.fixture
def store(tmp_path):
    opened = Database(tmp_path)
    yield opened
    opened.close()


def test_an_alarm_is_there_after_reopening(tmp_path):
    first = Database(tmp_path)
    added = AlarmTable(first).add("school", DAILY, MONDAY)
    first.close()
    second = Database(tmp_path)
    assert AlarmTable(second).all() == [added]
    second.close()


def test_a_ring_is_marked_until_it_is_finished(store):
    table = AlarmTable(store)
    alarm = table.add("", DAILY, MONDAY)
    table.mark_rang(alarm.id, MONDAY, TUESDAY)
    (ringing,) = table.all()
    assert (ringing.next_day, ringing.rang_day) == (TUESDAY, MONDAY)
    assert ringing.days_done == {MONDAY}
    table.finish(alarm.id)
    (waiting,) = table.all()
    assert (waiting.next_day, waiting.rang_day) == (TUESDAY, None)
    assert waiting.days_done == {MONDAY}


def test_an_alarm_that_rings_no_more_goes_with_its_last_ring(store):
    table = AlarmTable(store)
    alarm = table.add("", AlarmRule(7, 30, "", MONDAY), MONDAY)
    table.mark_rang(alarm.id, MONDAY, None)
    assert len(table.all()) == 1
    table.finish(alarm.id)
    assert table.all() == []
    assert store.rows("SELECT * FROM alarm_days_done") == []


def test_a_changed_alarm_starts_afresh(store):
    table = AlarmTable(store)
    alarm = table.add("", DAILY, MONDAY)
    table.mark_rang(alarm.id, MONDAY, TUESDAY)
    later = AlarmRule(8, 0, "daily", MONDAY)
    table.change(alarm.id, later, MONDAY)
    (changed,) = table.all()
    assert (changed.rule, changed.next_day, changed.rang_day) == (later, MONDAY, None)
    assert changed.days_done == frozenset()


def test_the_days_of_a_month_are_remembered(store):
    table = AlarmTable(store)
    alarm = table.add("", DAILY, MONDAY)
    days = [MONDAY - datetime.timedelta(days=count) for count in range(DAYS_KEPT + 5)]
    for day in days:
        table.skip(alarm.id, day, TUESDAY)
    assert table.all()[0].days_done == set(days[-DAYS_KEPT:])


def test_removing_and_clearing(store):
    table = AlarmTable(store)
    first, _, _ = (table.add("", DAILY, MONDAY) for _ in range(3))
    table.remove(first.id)
    table.remove(first.id)
    assert len(table.all()) == 2
    table.clear()
    assert table.all() == []


def test_a_damaged_day_is_explained(store):
    AlarmTable(store).add("", DAILY, MONDAY)
    with sqlite3.connect(store.path) as other:
        other.execute("UPDATE alarms SET next_day = 'soon'")
    with pytest.raises(EdgeError, match="damaged"):
        AlarmTable(store).all()
