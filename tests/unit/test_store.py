import datetime
import sqlite3
from pathlib import Path

import pytest

from xtalk_edge.errors import EdgeError
from xtalk_edge.store import database
from xtalk_edge.store.database import FILE_NAME, Store

NOON = datetime.datetime(2026, 5, 4, 12, 0, tzinfo=datetime.timezone(datetime.timedelta(hours=2)))


@pytest.fixture
def store(tmp_path):
    opened = Store(tmp_path / "state")
    yield opened
    opened.close()


def test_a_timer_is_there_after_reopening(tmp_path):
    first = Store(tmp_path)
    added = first.add_timer("pasta", 600.0, NOON)
    first.close()
    second = Store(tmp_path)
    assert second.timers() == [added]
    assert added.ends_at == datetime.datetime(2026, 5, 4, 10, 10, tzinfo=datetime.UTC)
    second.close()


def test_timers_come_in_the_order_they_end(store):
    late = store.add_timer("late", 60.5, NOON)
    soon = store.add_timer("soon", 60, NOON)
    assert [timer.id for timer in store.timers()] == [soon.id, late.id]


def test_saving_what_is_left_moves_the_end(store):
    added = store.add_timer("", 600.0, NOON)
    store.save_remaining(added.id, 30.0, NOON + datetime.timedelta(days=1))
    (timer,) = store.timers()
    assert (timer.remaining_s, timer.duration_s) == (30.0, 600.0)
    assert timer.ends_at == NOON + datetime.timedelta(days=1, seconds=30)


def test_a_removed_timer_is_gone_and_its_number_is_not_used_again(store):
    first = store.add_timer("a", 1.0, NOON)
    store.remove_timer(first.id)
    store.remove_timer(first.id)
    assert store.timers() == []
    assert store.add_timer("b", 1.0, NOON).id > first.id


def test_the_file_survives_a_second_opening_with_its_version(store):
    (version,) = sqlite3.connect(store.path).execute("PRAGMA user_version").fetchone()
    assert version == len(database.MIGRATIONS)


def test_a_damaged_file_is_explained(tmp_path):
    (tmp_path / FILE_NAME).write_bytes(b"this is no database at all" * 100)
    with pytest.raises(EdgeError, match=r"damaged .* move it away"):
        Store(tmp_path)


def test_a_damaged_date_is_explained(store):
    store.add_timer("", 1.0, NOON)
    with sqlite3.connect(store.path) as other:
        other.execute("UPDATE timers SET ends_at = 'soon'")
    with pytest.raises(EdgeError, match="damaged"):
        store.timers()


def test_a_newer_file_is_refused(tmp_path):
    with sqlite3.connect(tmp_path / FILE_NAME) as other:
        other.execute("PRAGMA user_version = 99")
    with pytest.raises(EdgeError, match="newer version"):
        Store(tmp_path)


def test_a_folder_that_cannot_be_made_is_explained(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(EdgeError, match=r"state folder .* cannot be made"):
        Store(tmp_path / "file" / "state")


def test_a_file_that_cannot_be_opened_is_explained(tmp_path):
    (tmp_path / FILE_NAME).mkdir()
    with pytest.raises(EdgeError, match="cannot be used"):
        Store(tmp_path)


def test_a_read_only_disk_is_explained():
    with pytest.raises(EdgeError):
        Store(Path("/proc/nowhere"))
