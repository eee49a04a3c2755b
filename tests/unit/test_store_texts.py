import datetime

import pytest

from xtalk_edge.errors import EdgeError
from xtalk_edge.store.database import Database
from xtalk_edge.store.memories import MemoryTable
from xtalk_edge.store.notes import NoteTable

NOON = datetime.datetime(2026, 5, 4, 12, 0, tzinfo=datetime.timezone(datetime.timedelta(hours=2)))


@pytest.fixture
def store(tmp_path):
    opened = Database(tmp_path)
    yield opened
    opened.close()


@pytest.mark.parametrize("table", [NoteTable, MemoryTable])
def test_a_text_is_there_after_reopening(tmp_path, table):
    first = Database(tmp_path)
    added = table(first).add("it's “here”; DROP TABLE notes", NOON)
    first.close()
    second = Database(tmp_path)
    assert table(second).all() == [added]
    assert added.made_at == NOON
    second.close()


def test_the_latest_comes_first_whatever_the_clock_said(store):
    notes = NoteTable(store)
    notes.add("one", NOON)
    notes.add("two", NOON - datetime.timedelta(days=400))
    assert [note.text for note in notes.all()] == ["two", "one"]


def test_notes_and_memories_are_kept_apart(store):
    notes, memories = NoteTable(store), MemoryTable(store)
    notes.add("a note", NOON)
    memories.add("a memory", NOON)
    notes.clear()
    assert (notes.count(), memories.count()) == (0, 1)


def test_removing_several_is_one_change(store):
    notes = NoteTable(store)
    added = [notes.add(text, NOON) for text in ("a", "b", "c")]
    notes.remove(added[0].id, added[2].id, 99)
    assert [note.text for note in notes.all()] == ["b"]
    assert notes.add("d", NOON).id > added[2].id


def test_clearing_nothing_is_no_error(store):
    NoteTable(store).clear()
    assert NoteTable(store).all() == []


def test_a_damaged_date_is_explained(store):
    NoteTable(store).add("a", NOON)
    store.change("UPDATE notes SET made_at = 'soon'")
    with pytest.raises(EdgeError, match="damaged"):
        NoteTable(store).all()
