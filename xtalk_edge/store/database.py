"""What the device must still know after the power came back, in SQLite files.

Calls run on the caller's thread, in practice the event loop's: a write is one row and is awaited
by the card's flash for a few milliseconds, and writes happen a few times a turn at most. Nothing
here is called from the audio threads. What is kept is the business of the modules beside this one.
"""

from __future__ import annotations

import contextlib
import datetime
import sqlite3
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from xtalk_edge.errors import EdgeError
from xtalk_edge.store.migrations import MIGRATIONS
from xtalk_edge.store.reserve import Reserve

FILE_NAME = "edge.sqlite3"

BUSY_TIMEOUT_S = 1.0
"""Another process (a backup, the `say` command) holds the file for milliseconds only."""


class Database:
    """The file; every write is on disk before it returns, unless inside `transaction`.

    Args:
        state_dir: the folder; made if it is not there.
        file_name: in it.
        migrations: what leads from one version of the tables to the next.
        busy_timeout_s: how long another process is waited for.
        may_use_reserve: whether the owner would miss it on a full disk.

    Raises (all methods):
        EdgeError: the file cannot be read or written, with the cure.
    """

    def __init__(
        self,
        state_dir: Path,
        *,
        file_name: str = FILE_NAME,
        migrations: Sequence[str] = MIGRATIONS,
        busy_timeout_s: float = BUSY_TIMEOUT_S,
        may_use_reserve: bool = True,
    ) -> None:
        self.path = state_dir / file_name
        self._migrations = migrations
        self._reserve = Reserve(state_dir) if may_use_reserve else None
        try:
            state_dir.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise EdgeError(
                f"the state folder {state_dir} cannot be made ({error.strerror}); "
                "choose a folder that this user may write to"
            ) from error
        with self._explained():
            self._connection = sqlite3.connect(
                self.path, timeout=busy_timeout_s, isolation_level=None
            )
        try:
            with self._explained():
                self._connection.execute("PRAGMA journal_mode = WAL")
                # FULL: a confirmed timer survives the plug being pulled in the same second.
                self._connection.execute("PRAGMA synchronous = FULL")
                self._migrate()
        except EdgeError:
            self._connection.close()
            raise

    def _migrate(self) -> None:
        (version,) = self._connection.execute("PRAGMA user_version").fetchone()
        if version > len(self._migrations):
            raise EdgeError(
                f"{self.path} was written by a newer version of this program; "
                "update the program, or move the file away to start afresh"
            )
        for number, script in enumerate(self._migrations[version:], start=version + 1):
            self._connection.executescript(
                f"BEGIN IMMEDIATE;{script}PRAGMA user_version = {number};COMMIT;"
            )

    def rows(self, sql: str, *values: Any) -> list[tuple[Any, ...]]:
        """Return what a query finds."""
        with self._explained():
            return self._connection.execute(sql, values).fetchall()

    def chunks(self, size: int, sql: str, *values: Any) -> Iterator[list[tuple[Any, ...]]]:
        """Yield what a query finds, so many rows at a time."""
        with self._explained():
            cursor = self._connection.execute(sql, values)
            while rows := cursor.fetchmany(size):
                yield rows

    def change(self, sql: str, *values: Any) -> int:
        """Insert, update or delete; return how many rows were touched."""
        self._make_room()
        with self._explained():
            return self._connection.execute(sql, values).rowcount

    def insert(self, sql: str, *values: Any) -> int:
        """Insert one row and return its number."""
        self._make_room()
        with self._explained():
            row_id = self._connection.execute(sql, values).lastrowid
        assert row_id is not None  # sqlite3 sets it after every INSERT
        return row_id

    @contextlib.contextmanager
    def transaction(self) -> Iterator[None]:
        """Make several changes one: all of them are on disk afterwards, or none."""
        self._make_room()
        with self._explained():
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield
            except BaseException:
                if self._connection.in_transaction:
                    self._connection.execute("ROLLBACK")
                raise
            self._connection.execute("COMMIT")

    def _make_room(self) -> None:
        if self._reserve is not None:
            self._reserve.make_room()

    def close(self) -> None:
        """Close the file."""
        self._connection.close()

    @contextlib.contextmanager
    def _explained(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.OperationalError as error:
            raise EdgeError(
                f"{self.path} cannot be used ({error}); "
                "see that the disk is not full and that this user may write to the folder"
            ) from error
        except sqlite3.DatabaseError as error:
            raise EdgeError(
                f"{self.path} is damaged ({error}); move it away and a new one will be made"
            ) from error


def damage_of(connection: sqlite3.Connection) -> str:
    """Return what is wrong with a database, "" for nothing; raises sqlite3.Error."""
    (found,) = connection.execute("PRAGMA quick_check(1)").fetchone()
    return "" if found == "ok" else str(found)


def to_text(instant: datetime.datetime) -> str:
    """Return an instant as the tables keep it: UTC, and sorting as the instants do."""
    return instant.astimezone(datetime.UTC).isoformat(timespec="microseconds")


def from_text(text: object) -> datetime.datetime:
    """Return an instant read from a table.

    Raises:
        EdgeError: somebody else wrote there.
    """
    try:
        return datetime.datetime.fromisoformat(str(text))
    except ValueError as error:
        raise EdgeError(
            f"{FILE_NAME} is damaged ({text!r} is not a date); "
            "move it away and a new one will be made"
        ) from error
