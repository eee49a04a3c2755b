"""That the store cannot be written is known before somebody sets a timer."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

import pytest

from xtalk_edge.cli.bench.fault_room import full_disk
from xtalk_edge.service.storage import look
from xtalk_edge.store.database import FILE_NAME, Database
from xtalk_edge.store.probe import trouble_of


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    with contextlib.closing(Database(tmp_path)) as opened:
        yield opened


def test_a_store_that_works_stays_as_it_is(database: Database) -> None:
    before = database.rows("PRAGMA user_version")
    assert trouble_of(database.path) == ""
    assert database.rows("PRAGMA user_version") == before


def test_it_finds_out_by_writing(database: Database) -> None:
    with full_disk():
        trouble = trouble_of(database.path)
    assert trouble.startswith(f"{FILE_NAME} cannot be used: ")
    assert trouble_of(database.path) == ""


def test_a_file_that_is_gone_or_damaged_is_told(database: Database, tmp_path: Path) -> None:
    assert trouble_of(tmp_path / "none") == "none cannot be used: unable to open database file"
    (tmp_path / "noise").write_bytes(b"SQLite format 3\0" + bytes(range(256)) * 64)
    assert trouble_of(tmp_path / "noise")


def test_a_look_tells_of_disk_store_and_heat(database: Database, tmp_path: Path) -> None:
    found = look(tmp_path, write=True)
    assert (found.disk, found.store) == ("", "")
    assert found.disk_free_mb is not None
    with full_disk():
        assert look(tmp_path, write=True).store
        # Nobody writes who only looks.
        assert look(tmp_path, write=False).store == ""
    assert "cannot be reached" in look(tmp_path / "nowhere", write=False).disk
