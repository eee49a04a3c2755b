"""What the device must still know after the power came back: one SQLite file.

Calls run on the caller's thread, in practice the event loop's: a write is one row and is awaited
by the card's flash for a few milliseconds, and writes happen a few times a turn at most. Nothing
here is called from the audio threads.
"""

from __future__ import annotations

import contextlib
import datetime
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from xtalk_edge.errors import EdgeError

FILE_NAME = "edge.sqlite3"

MIGRATIONS = (
    """
    CREATE TABLE timers (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        name TEXT NOT NULL,
        duration_s REAL NOT NULL,
        set_at TEXT NOT NULL,
        ends_at TEXT NOT NULL,
        remaining_s REAL NOT NULL,
        saved_at TEXT NOT NULL
    );
    """,
)
"""The script that leads from version n to n + 1; released ones are never edited."""

BUSY_TIMEOUT_S = 1.0
"""Another process (a backup, the `say` command) holds the file for milliseconds only."""


@dataclass(frozen=True, slots=True)
class StoredTimer:
    """A timer as last saved; all instants are UTC."""

    id: int
    name: str
    duration_s: float
    set_at: datetime.datetime
    ends_at: datetime.datetime
    remaining_s: float
    """What was left at `saved_at`: the truth when the wall clock went backwards meanwhile."""
    saved_at: datetime.datetime


class Store:
    """The device's memory; every method commits before it returns.

    Raises (all methods):
        EdgeError: the file cannot be read or written, with the cure.
    """

    def __init__(self, state_dir: Path) -> None:
        self.path = state_dir / FILE_NAME
        try:
            state_dir.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise EdgeError(
                f"the state folder {state_dir} cannot be made ({error.strerror}); "
                "choose a folder that this user may write to"
            ) from error
        with self._explained():
            self._connection = sqlite3.connect(
                self.path, timeout=BUSY_TIMEOUT_S, isolation_level=None
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
        if version > len(MIGRATIONS):
            raise EdgeError(
                f"{self.path} was written by a newer version of this program; "
                "update the program, or move the file away to start afresh"
            )
        for number, script in enumerate(MIGRATIONS[version:], start=version + 1):
            self._connection.executescript(
                f"BEGIN IMMEDIATE;{script}PRAGMA user_version = {number};COMMIT;"
            )

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

    # -- timers ----------------------------------------------------------------------------

    def add_timer(self, name: str, duration_s: float, set_at: datetime.datetime) -> StoredTimer:
        """Save a timer that runs from `set_at` for `duration_s`."""
        set_at = set_at.astimezone(datetime.UTC)
        ends_at = set_at + datetime.timedelta(seconds=duration_s)
        with self._explained():
            cursor = self._connection.execute(
                "INSERT INTO timers (name, duration_s, set_at, ends_at, remaining_s, saved_at)"
                " VALUES (?, ?, ?, ?, ?, ?)",
                (name, duration_s, _text(set_at), _text(ends_at), duration_s, _text(set_at)),
            )
        timer_id = cursor.lastrowid
        assert timer_id is not None  # sqlite3 sets it after every INSERT
        return StoredTimer(timer_id, name, duration_s, set_at, ends_at, duration_s, set_at)

    def save_remaining(self, timer_id: int, remaining_s: float, now: datetime.datetime) -> None:
        """Record what is left of a timer at `now`."""
        now = now.astimezone(datetime.UTC)
        ends_at = now + datetime.timedelta(seconds=remaining_s)
        with self._explained():
            self._connection.execute(
                "UPDATE timers SET ends_at = ?, remaining_s = ?, saved_at = ? WHERE id = ?",
                (_text(ends_at), remaining_s, _text(now), timer_id),
            )

    def remove_timer(self, timer_id: int) -> None:
        """Forget a timer; an unknown one is already forgotten."""
        with self._explained():
            self._connection.execute("DELETE FROM timers WHERE id = ?", (timer_id,))

    def timers(self) -> list[StoredTimer]:
        """Return every timer, the first to end first."""
        with self._explained():
            rows = self._connection.execute(
                "SELECT id, name, duration_s, set_at, ends_at, remaining_s, saved_at"
                " FROM timers ORDER BY ends_at, id"
            ).fetchall()
            return [
                StoredTimer(
                    row[0],
                    row[1],
                    row[2],
                    self._instant(row[3]),
                    self._instant(row[4]),
                    row[5],
                    self._instant(row[6]),
                )
                for row in rows
            ]

    def close(self) -> None:
        """Close the file."""
        self._connection.close()

    def _instant(self, text: object) -> datetime.datetime:
        try:
            return datetime.datetime.fromisoformat(str(text))
        except ValueError as error:
            raise sqlite3.DatabaseError(f"{text!r} is not a date") from error


def _text(instant: datetime.datetime) -> str:
    # Always with microseconds, so that the text sorts as the instants do.
    return instant.isoformat(timespec="microseconds")
