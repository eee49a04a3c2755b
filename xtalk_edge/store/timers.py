"""Timers and snoozed alarms, as they survive a power cut."""

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
    """What was left when last saved: the most it can be, whatever the wall clock says."""
    kind: str = "timer"
    """ "timer" or "alarm": a snoozed alarm counts down like a timer."""
    rang_at: datetime.datetime | None = None
    """When it began to ring; the row stays until the ring is finished."""


class TimerTable:
    """The timers in the database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(
        self, name: str, duration_s: float, set_at: datetime.datetime, kind: str = "timer"
    ) -> StoredTimer:
        """Save a timer that runs from `set_at` for `duration_s`."""
        set_at = set_at.astimezone(datetime.UTC)
        ends_at = set_at + datetime.timedelta(seconds=duration_s)
        timer_id = self._database.insert(
            "INSERT INTO timers (name, duration_s, set_at, ends_at, remaining_s, saved_at, kind)"
            " VALUES (?, ?, ?, ?, ?, ?, ?)",
            name, duration_s, to_text(set_at), to_text(ends_at), duration_s, to_text(set_at), kind,
        )  # fmt: skip
        return StoredTimer(timer_id, name, duration_s, set_at, ends_at, duration_s, kind)

    def change(
        self, timer_id: int, duration_s: float, remaining_s: float, now: datetime.datetime
    ) -> None:
        """Give a timer another length, with `remaining_s` of it left at `now`."""
        ends_at = now + datetime.timedelta(seconds=remaining_s)
        self._database.change(
            "UPDATE timers SET duration_s = ?, ends_at = ?, remaining_s = ?, saved_at = ?"
            " WHERE id = ?",
            duration_s, to_text(ends_at), remaining_s, to_text(now), timer_id,
        )  # fmt: skip

    def save_remaining(
        self,
        timer_id: int,
        remaining_s: float,
        ends_at: datetime.datetime,
        now: datetime.datetime,
    ) -> None:
        """Record what is left of a timer at `now`, and when it ends on the wall clock."""
        self._database.change(
            "UPDATE timers SET ends_at = ?, remaining_s = ?, saved_at = ? WHERE id = ?",
            to_text(ends_at), remaining_s, to_text(now), timer_id,
        )  # fmt: skip

    def mark_rang(self, timer_id: int, now: datetime.datetime) -> None:
        """Record that a timer begins to ring, so that it never does again."""
        self._database.change(
            "UPDATE timers SET remaining_s = 0, rang_at = ? WHERE id = ?", to_text(now), timer_id
        )

    def remove(self, timer_id: int) -> None:
        """Forget a timer; an unknown one is already forgotten."""
        self._database.change("DELETE FROM timers WHERE id = ?", timer_id)

    def clear(self, kind: str) -> None:
        """Forget all running timers of a kind; what rings stays until it is finished."""
        self._database.change("DELETE FROM timers WHERE kind = ? AND rang_at IS NULL", kind)

    def all(self) -> list[StoredTimer]:
        """Return every timer, the first to end first."""
        rows = self._database.rows(
            "SELECT id, name, duration_s, set_at, ends_at, remaining_s, kind, rang_at"
            " FROM timers ORDER BY ends_at, id"
        )
        return [
            StoredTimer(
                row[0], row[1], row[2], from_text(row[3]), from_text(row[4]), row[5], row[6],
                None if row[7] is None else from_text(row[7]),
            )
            for row in rows
        ]  # fmt: skip
