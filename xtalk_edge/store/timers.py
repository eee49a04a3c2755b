"""Timers, as they survive a power cut."""

from __future__ import annotations

import datetime
from dataclasses import dataclass

from xtalk_edge.store.database import Database, from_text, to_text


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


class TimerTable:
    """The timers in the database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, name: str, duration_s: float, set_at: datetime.datetime) -> StoredTimer:
        """Save a timer that runs from `set_at` for `duration_s`."""
        set_at = set_at.astimezone(datetime.UTC)
        ends_at = set_at + datetime.timedelta(seconds=duration_s)
        timer_id = self._database.insert(
            "INSERT INTO timers (name, duration_s, set_at, ends_at, remaining_s, saved_at)"
            " VALUES (?, ?, ?, ?, ?, ?)",
            name, duration_s, to_text(set_at), to_text(ends_at), duration_s, to_text(set_at),
        )  # fmt: skip
        return StoredTimer(timer_id, name, duration_s, set_at, ends_at, duration_s, set_at)

    def save_remaining(self, timer_id: int, remaining_s: float, now: datetime.datetime) -> None:
        """Record what is left of a timer at `now`."""
        ends_at = now + datetime.timedelta(seconds=remaining_s)
        self._database.change(
            "UPDATE timers SET ends_at = ?, remaining_s = ?, saved_at = ? WHERE id = ?",
            to_text(ends_at), remaining_s, to_text(now), timer_id,
        )  # fmt: skip

    def remove(self, timer_id: int) -> None:
        """Forget a timer; an unknown one is already forgotten."""
        self._database.change("DELETE FROM timers WHERE id = ?", timer_id)

    def all(self) -> list[StoredTimer]:
        """Return every timer, the first to end first."""
        rows = self._database.rows(
            "SELECT id, name, duration_s, set_at, ends_at, remaining_s, saved_at"
            " FROM timers ORDER BY ends_at, id"
        )
        return [
            StoredTimer(
                row[0], row[1], row[2], from_text(row[3]), from_text(row[4]), row[5],
                from_text(row[6]),
            )
            for row in rows
        ]  # fmt: skip
