"""Looks after the database before anybody opens it: a damaged one is put aside, an old one copied.

What can still be read of a damaged file is taken over: an alarm matters more than a clean break.
"""

from __future__ import annotations

import contextlib
import logging
import sqlite3
from collections.abc import Iterator
from pathlib import Path

from xtalk_edge.clock import wall_now
from xtalk_edge.errors import EdgeError
from xtalk_edge.store.database import FILE_NAME, Database, damage_of
from xtalk_edge.store.lock import InUseError, in_use
from xtalk_edge.store.migrations import DOCUMENT_MIGRATIONS, MIGRATIONS
from xtalk_edge.store.passages import FILE_NAME as DOCUMENTS
from xtalk_edge.store.reserve import Reserve

log = logging.getLogger(__name__)

DOCUMENTS_DAMAGED = (
    "What I knew of your documents was damaged and is gone. Please add the documents again."
)

DAMAGED = (
    "My memory was damaged. I kept what could still be read, and put the damaged file aside. "
    "Please check your alarms and timers."
)

KEPT_COPIES = 3
"""Of files before an upgrade, and of damaged ones: enough to go back, and no disk is filled."""

SIDE_FILES = ("-wal", "-shm")
"""What SQLite keeps beside a database while it is open, or after a crash."""


def look_after(state_dir: Path) -> list[str]:
    """Make the database fit to be opened; return what the owner should be told, aloud.

    Whatever cannot be mended is left to `Database`, which says what to do.
    """
    told: list[str] = []
    # Where another device has it open, that one has looked after it.
    with contextlib.suppress(InUseError), in_use(state_dir, alone=True):
        if _mended(state_dir / FILE_NAME, len(MIGRATIONS)):
            _take_over_all(state_dir)
            told.append(DAMAGED)
        if _mended(state_dir / DOCUMENTS, len(DOCUMENT_MIGRATIONS)):
            told.append(DOCUMENTS_DAMAGED)
    Reserve(state_dir).keep()
    return told


def _mended(path: Path, newest: int) -> bool:
    """Copy a database that is to be upgraded, put a damaged one aside; tell whether it was."""
    if not path.is_file():
        return False
    try:
        version = _checked_version(path)
    except sqlite3.OperationalError:
        return False
    except sqlite3.DatabaseError as error:
        log.error("%s was damaged (%s); it is kept as %s", path, error, put_aside(path, "damaged"))
        return True
    if 0 < version < newest:
        _copy_before_upgrade(path, version)
    return False


def _checked_version(path: Path) -> int:
    """Return which migration a file is at; raises sqlite3.DatabaseError if it is damaged."""
    with contextlib.closing(sqlite3.connect(path)) as connection:
        if damage := damage_of(connection):
            raise sqlite3.DatabaseError(damage)
        return int(connection.execute("PRAGMA user_version").fetchone()[0])


def _copy_before_upgrade(path: Path, version: int) -> None:
    copy = path.with_name(f"{path.name}.version-{version}")
    try:
        write_copy(path, copy)
    except (sqlite3.Error, OSError) as error:
        log.warning("%s could not be copied before the upgrade: %s", path, error)
        return
    log.info("%s is upgraded; as it was it is kept as %s", path, copy)
    _tidy(path, "version-*")


def write_copy(path: Path, copy: Path) -> None:
    """Copy a database, whole, also while others write to it; raises sqlite3.Error."""
    with (
        contextlib.closing(sqlite3.connect(path)) as source,
        contextlib.closing(sqlite3.connect(copy)) as target,
    ):
        source.backup(target)
        # One file, without those beside it.
        target.execute("PRAGMA journal_mode = DELETE")
    copy.chmod(0o600)


def put_aside(path: Path, why: str) -> Path:
    """Give a database another name, with what lies beside it; return it. Raises OSError."""
    aside = path.with_name(f"{path.name}.{why}-{wall_now():%Y-%m-%d-%H%M%S}")
    for suffix in ("", *SIDE_FILES):
        with contextlib.suppress(FileNotFoundError):
            path.with_name(path.name + suffix).rename(aside.with_name(aside.name + suffix))
    _tidy(path, f"{why}-*")
    return aside


def _asides(path: Path, pattern: str) -> list[Path]:
    """Return what was made of a database, the oldest first."""
    found = path.parent.glob(f"{path.name}.{pattern}")
    return sorted(each for each in found if not each.name.endswith(SIDE_FILES))


def _tidy(path: Path, pattern: str) -> None:
    for old in _asides(path, pattern)[:-KEPT_COPIES]:
        for suffix in ("", *SIDE_FILES):
            old.with_name(old.name + suffix).unlink(missing_ok=True)


def _take_over_all(state_dir: Path) -> None:
    """Copy what can be read of the file that was put aside last."""
    aside = _asides(state_dir / FILE_NAME, "damaged-*")[-1]
    with contextlib.closing(Database(state_dir)) as fresh:
        taken = sum(_take_over(aside, fresh, table) for table in _tables(fresh))
    log.warning("%d rows of the damaged file could be read and were taken over", taken)


def _tables(database: Database) -> list[str]:
    found = database.rows(
        "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"
    )
    return [name for (name,) in found]


def _take_over(damaged: Path, fresh: Database, table: str) -> int:
    """Copy what can be read of a table; return how many rows that are."""
    columns = [row[1] for row in fresh.rows(f"PRAGMA table_info({table})")]
    taken = 0
    with contextlib.suppress(sqlite3.Error), contextlib.closing(sqlite3.connect(damaged)) as old:
        known = [row[1] for row in old.execute(f"PRAGMA table_info({table})")]
        shared = [column for column in columns if column in known]
        names, marks = ", ".join(shared), ", ".join("?" * len(shared))
        for row in _readable(old, f"SELECT {names} FROM {table}"):
            # What a damaged page holds need not be what the table asks for.
            with contextlib.suppress(EdgeError):
                taken += fresh.change(
                    f"INSERT OR IGNORE INTO {table} ({names}) VALUES ({marks})", *row
                )
    return taken


def _readable(connection: sqlite3.Connection, query: str) -> Iterator[tuple[object, ...]]:
    """Yield rows up to the first that cannot be read."""
    with contextlib.suppress(sqlite3.DatabaseError):
        yield from connection.execute(query)
