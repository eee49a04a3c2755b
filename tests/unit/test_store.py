import datetime
import sqlite3
from pathlib import Path

import pytest

from xtalk_edge.errors import EdgeError
from xtalk_edge.store.database import FILE_NAME, Database
from xtalk_edge.store.migrations import MIGRATIONS
from xtalk_edge.store.timers import TimerTable

NOON = datetime.datetime(2026, 5, 4, 12, 0, tzinfo=datetime.timezone(datetime.timedelta(hours=2)))


@pytest.fixture
def store(tmp_path):
    opened = Database(tmp_path / "state")
    yield opened
    opened.close()


def test_a_timer_is_there_after_reopening(tmp_path):
    first = Database(tmp_path)
    added = TimerTable(first).add("pasta", 600.0, NOON)
    first.close()
    second = Database(tmp_path)
    assert TimerTable(second).all() == [added]
    assert added.ends_at == datetime.datetime(2026, 5, 4, 10, 10, tzinfo=datetime.UTC)
    second.close()


def test_timers_come_in_the_order_they_end(store):
    late = TimerTable(store).add("late", 60.5, NOON)
    soon = TimerTable(store).add("soon", 60, NOON)
    assert [timer.id for timer in TimerTable(store).all()] == [soon.id, late.id]


def test_saving_what_is_left_moves_the_end(store):
    added = TimerTable(store).add("", 600.0, NOON)
    tomorrow = NOON + datetime.timedelta(days=1)
    TimerTable(store).save_remaining(added.id, 30.0, tomorrow, NOON)
    (timer,) = TimerTable(store).all()
    assert (timer.remaining_s, timer.duration_s) == (30.0, 600.0)
    assert timer.ends_at == tomorrow


def test_a_removed_timer_is_gone_and_its_number_is_not_used_again(store):
    first = TimerTable(store).add("a", 1.0, NOON)
    TimerTable(store).remove(first.id)
    TimerTable(store).remove(first.id)
    assert TimerTable(store).all() == []
    assert TimerTable(store).add("b", 1.0, NOON).id > first.id


def test_the_file_survives_a_second_opening_with_its_version(store):
    (version,) = sqlite3.connect(store.path).execute("PRAGMA user_version").fetchone()
    assert version == len(MIGRATIONS)


def test_a_damaged_file_is_explained(tmp_path):
    (tmp_path / FILE_NAME).write_bytes(b"this is no database at all" * 100)
    with pytest.raises(EdgeError, match=r"damaged .* move it away"):
        Database(tmp_path)


def test_a_damaged_date_is_explained(store):
    TimerTable(store).add("", 1.0, NOON)
    with sqlite3.connect(store.path) as other:
        other.execute("UPDATE timers SET ends_at = 'soon'")
    with pytest.raises(EdgeError, match="damaged"):
        TimerTable(store).all()


def test_a_newer_file_is_refused(tmp_path):
    with sqlite3.connect(tmp_path / FILE_NAME) as other:
        other.execute("PRAGMA user_version = 99")
    with pytest.raises(EdgeError, match="newer version"):
        Database(tmp_path)


def test_a_folder_that_cannot_be_made_is_explained(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(EdgeError, match=r"state folder .* cannot be made"):
        Database(tmp_path / "file" / "state")


def test_a_file_that_cannot_be_opened_is_explained(tmp_path):
    (tmp_path / FILE_NAME).mkdir()
    with pytest.raises(EdgeError, match="cannot be used"):
        Database(tmp_path)


def test_a_read_only_disk_is_explained():
    with pytest.raises(EdgeError):
        Database(Path("/proc/nowhere"))
