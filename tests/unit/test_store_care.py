"""A damaged memory is put aside and told of, an old one is copied, a full disk takes timers."""

import contextlib
import datetime
import random
import sqlite3
import subprocess

import pytest

from xtalk_edge.errors import EdgeError
from xtalk_edge.store import care
from xtalk_edge.store.care import DAMAGED, DOCUMENTS_DAMAGED, look_after
from xtalk_edge.store.choices import ChoiceTable
from xtalk_edge.store.database import FILE_NAME, Database
from xtalk_edge.store.lock import InUseError, in_use
from xtalk_edge.store.migrations import MIGRATIONS
from xtalk_edge.store.notes import NoteTable
from xtalk_edge.store.passages import FILE_NAME as DOCUMENTS
from xtalk_edge.store.passages import PassageTable
from xtalk_edge.store.reserve import FILE_NAME as RESERVE
from xtalk_edge.store.reserve import RESERVE_BYTES, Reserve
from xtalk_edge.store.timers import TimerTable

NOON = datetime.datetime(2026, 5, 4, 12, tzinfo=datetime.UTC)


def filled(folder, notes=0):
    """Leave a database with a timer, and notes."""
    with contextlib.closing(Database(folder)) as database:
        TimerTable(database).add("pasta", 600.0, NOON)
        with database.transaction():
            for number in range(notes):
                NoteTable(database).add(f"note {number} " + "x" * 500, NOON)


def names(folder):
    with contextlib.closing(Database(folder)) as database:
        return [timer.name for timer in TimerTable(database).all()]


def test_a_whole_file_is_left_alone(tmp_path):
    filled(tmp_path)
    assert look_after(tmp_path) == []
    assert names(tmp_path) == ["pasta"]
    assert not list(tmp_path.glob("*damaged*"))


def test_where_there_is_nothing_there_is_nothing_to_tell(tmp_path):
    assert look_after(tmp_path / "new") == []


def test_garbage_is_put_aside_and_told(tmp_path):
    (tmp_path / FILE_NAME).write_bytes(b"this is no database at all" * 100)
    (tmp_path / f"{FILE_NAME}-wal").write_bytes(b"nor is this")
    assert look_after(tmp_path) == [DAMAGED]
    assert names(tmp_path) == []
    kept = tmp_path.glob(f"{FILE_NAME}.damaged-*")
    assert any(path.read_bytes().startswith(b"this is no database") for path in kept)


def test_what_can_be_read_is_taken_over(tmp_path):
    filled(tmp_path, notes=400)
    path = tmp_path / FILE_NAME
    content = bytearray(path.read_bytes())
    # The pages of the notes, far behind those of the timers.
    content[-40_000:-20_000] = random.Random(1).randbytes(20_000)
    path.write_bytes(content)
    assert look_after(tmp_path) == [DAMAGED]
    assert names(tmp_path) == ["pasta"]
    with contextlib.closing(Database(tmp_path)) as database:
        assert 0 < len(NoteTable(database).all()) < 400


@pytest.mark.parametrize("seed", range(20))
def test_whatever_is_damaged_the_device_starts(tmp_path, seed):
    filled(tmp_path, notes=100)
    path = tmp_path / FILE_NAME
    content, dice = bytearray(path.read_bytes()), random.Random(seed)
    for _ in range(dice.randint(1, 30)):
        start = dice.randrange(len(content) - 64)
        content[start : start + 64] = dice.randbytes(64)
    path.write_bytes(content[: dice.choice([None, dice.randrange(len(content))])])
    look_after(tmp_path)
    with contextlib.closing(Database(tmp_path)) as database:
        TimerTable(database).add("tea", 60.0, NOON)


def test_damaged_documents_are_told_of(tmp_path):
    (tmp_path / DOCUMENTS).write_bytes(b"no database" * 1000)
    assert look_after(tmp_path) == [DOCUMENTS_DAMAGED]
    PassageTable(tmp_path).close()


def test_before_an_upgrade_the_old_file_is_copied(tmp_path):
    with contextlib.closing(Database(tmp_path, migrations=MIGRATIONS[:3])) as old:
        TimerTable(old).add("pasta", 600.0, NOON)
    assert look_after(tmp_path) == []
    with contextlib.closing(Database(tmp_path)) as new:
        assert ChoiceTable(new).all() == {}
        assert len(TimerTable(new).all()) == 1
    with contextlib.closing(sqlite3.connect(tmp_path / f"{FILE_NAME}.version-3")) as copy:
        assert copy.execute("PRAGMA user_version").fetchone() == (3,)
        assert copy.execute("SELECT name FROM timers").fetchall() == [("pasta",)]


def test_only_the_last_few_are_kept(tmp_path, monkeypatch):
    days = iter(range(1, 10))
    monkeypatch.setattr(care, "wall_now", lambda: NOON.replace(day=next(days)))
    for _ in range(5):
        (tmp_path / FILE_NAME).write_bytes(b"garbage" * 100)
        look_after(tmp_path)
    kept = sorted(path.name for path in tmp_path.glob(f"{FILE_NAME}.damaged-*"))
    assert kept == [f"{FILE_NAME}.damaged-2026-05-0{day}-120000" for day in (3, 4, 5)]


def test_a_folder_in_use_is_looked_after_by_who_uses_it(tmp_path):
    (tmp_path / FILE_NAME).write_bytes(b"garbage" * 100)
    with in_use(tmp_path):
        assert look_after(tmp_path) == []
    with in_use(tmp_path), in_use(tmp_path):
        pass


def test_alone_means_alone(tmp_path):
    with (
        in_use(tmp_path),
        pytest.raises(InUseError, match="end the device first"),
        in_use(tmp_path, alone=True),
    ):
        pass
    with (
        in_use(tmp_path, alone=True),
        pytest.raises(InUseError, match="restored"),
        in_use(tmp_path),
    ):
        pass


def test_a_folder_that_cannot_be_used_is_explained(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(EdgeError, match="cannot be used"), in_use(tmp_path / "file"):
        pass


@pytest.fixture
def small_disk(tmp_path):
    """Mount a disk of five megabytes."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=5m", "tmpfs", disk], capture_output=True, check=False
    )
    if mounted.returncode:
        pytest.skip("only root may mount a disk")
    yield disk
    subprocess.run(["umount", "-l", disk], check=True)


def fill(disk):
    """Write until nothing more goes onto it."""
    with contextlib.suppress(OSError), (disk / "rubbish").open("wb", buffering=0) as file:
        while True:
            file.write(bytes(1024))


def test_a_full_disk_takes_a_timer(small_disk):
    assert Reserve(small_disk).keep()
    with contextlib.closing(Database(small_disk)) as database:
        timers = TimerTable(database)
        fill(small_disk)
        for number in range(50):
            timers.add(f"timer {number}", 60.0, NOON)
        assert len(timers.all()) == 50
        assert not Reserve(small_disk).keep()
    (small_disk / "rubbish").unlink()
    assert Reserve(small_disk).keep()
    assert (small_disk / RESERVE).stat().st_blocks * 512 >= RESERVE_BYTES
    assert len(names(small_disk)) == 50


def test_so_does_a_transaction(small_disk):
    assert Reserve(small_disk).keep()
    with contextlib.closing(Database(small_disk)) as database:
        fill(small_disk)
        with database.transaction():
            for number in range(20):
                TimerTable(database).add(f"timer {number}", 60.0, NOON)
    assert len(names(small_disk)) == 20


def test_without_the_reserve_it_is_told(small_disk):
    with contextlib.closing(Database(small_disk)) as database:
        fill(small_disk)
        with pytest.raises(EdgeError, match="disk is not full"):
            for number in range(500):
                NoteTable(database).add(f"note {number} " + "x" * 500, NOON)


def test_a_reserve_is_not_what_fills_a_disk(small_disk):
    (small_disk / "film").write_bytes(bytes(3 << 20))
    assert not Reserve(small_disk).keep()
    Reserve(small_disk).make_room()


def test_while_there_is_room_it_stays(tmp_path):
    Reserve(tmp_path).keep()
    filled(tmp_path, notes=10)
    assert (tmp_path / RESERVE).stat().st_size == RESERVE_BYTES
