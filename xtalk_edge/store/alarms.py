"""Alarms, as they survive a power cut.

Days are local dates: an alarm rings once a day at most, so its number and the day name the ring.
"""

from __future__ import annotations

import datetime
from dataclasses import dataclass

from xtalk_edge.errors import EdgeError
from xtalk_edge.store.database import FILE_NAME, Database

DAYS_KEPT = 32
"""Days done that are remembered for each alarm: a month, in case the clock goes back that far."""


@dataclass(frozen=True, slots=True)
class AlarmRule:
    """When an alarm rings, in the owner's local time."""

    hour: int
    minute: int
    repeat: str
    """ "daily", "weekdays", "weekends", "weekly" on the weekday of `first_day`; "" for once."""
    first_day: datetime.date
    """The day of an alarm that rings once; the first day on which others may."""


@dataclass(frozen=True, slots=True)
class StoredAlarm:
    """An alarm as last saved."""

    id: int
    name: str
    rule: AlarmRule
    next_day: datetime.date | None
    """The day of the ring it waits for; None when it has rung for the last time."""
    rang_day: datetime.date | None = None
    """The day of a ring that began and is not finished."""
    days_done: frozenset[datetime.date] = frozenset()
    """Days on which it must not ring (again): it did, or the owner skipped them."""


class AlarmTable:
    """The alarms in the database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, name: str, rule: AlarmRule, next_day: datetime.date) -> StoredAlarm:
        """Save an alarm."""
        alarm_id = self._database.insert(
            "INSERT INTO alarms (name, hour, minute, repeat, first_day, next_day)"
            " VALUES (?, ?, ?, ?, ?, ?)",
            name, rule.hour, rule.minute, rule.repeat, rule.first_day.isoformat(),
            next_day.isoformat(),
        )  # fmt: skip
        return StoredAlarm(alarm_id, name, rule, next_day)

    def change(self, alarm_id: int, rule: AlarmRule, next_day: datetime.date) -> None:
        """Give an alarm another rule; it starts afresh with it."""
        with self._database.transaction():
            self._database.change("DELETE FROM alarm_days_done WHERE alarm_id = ?", alarm_id)
            self._database.change(
                "UPDATE alarms SET hour = ?, minute = ?, repeat = ?, first_day = ?, next_day = ?,"
                " rang_day = NULL WHERE id = ?",
                rule.hour, rule.minute, rule.repeat, rule.first_day.isoformat(),
                next_day.isoformat(), alarm_id,
            )  # fmt: skip

    def mark_rang(self, alarm_id: int, day: datetime.date, next_day: datetime.date | None) -> None:
        """Record that an alarm begins to ring, so that it never does again that day."""
        with self._database.transaction():
            self._set_done(alarm_id, day, next_day)
            self._database.change(
                "UPDATE alarms SET rang_day = ? WHERE id = ?", day.isoformat(), alarm_id
            )

    def skip(self, alarm_id: int, day: datetime.date, next_day: datetime.date | None) -> None:
        """Record that an alarm shall not ring on a day."""
        with self._database.transaction():
            self._set_done(alarm_id, day, next_day)

    def _set_done(self, alarm_id: int, day: datetime.date, next_day: datetime.date | None) -> None:
        self._database.change(
            "INSERT OR IGNORE INTO alarm_days_done (alarm_id, day) VALUES (?, ?)",
            alarm_id, day.isoformat(),
        )  # fmt: skip
        # By row, not by day: a clock that was a year ahead must not push out the true days.
        self._database.change(
            "DELETE FROM alarm_days_done WHERE alarm_id = ?1 AND rowid NOT IN (SELECT rowid"
            " FROM alarm_days_done WHERE alarm_id = ?1 ORDER BY rowid DESC LIMIT ?2)",
            alarm_id, DAYS_KEPT,
        )  # fmt: skip
        self._database.change(
            "UPDATE alarms SET next_day = ? WHERE id = ?",
            None if next_day is None else next_day.isoformat(), alarm_id,
        )  # fmt: skip

    def finish(self, alarm_id: int) -> None:
        """Record that a ring is over; an alarm that rings no more is forgotten."""
        with self._database.transaction():
            self._database.change("UPDATE alarms SET rang_day = NULL WHERE id = ?", alarm_id)
            self._remove("id = ? AND next_day IS NULL", alarm_id)

    def remove(self, alarm_id: int) -> None:
        """Forget an alarm; an unknown one is already forgotten."""
        with self._database.transaction():
            self._remove("id = ?", alarm_id)

    def clear(self) -> None:
        """Forget all alarms."""
        with self._database.transaction():
            self._remove("TRUE")

    def _remove(self, which: str, *values: object) -> None:
        self._database.change(f"DELETE FROM alarms WHERE {which}", *values)
        self._database.change(
            "DELETE FROM alarm_days_done WHERE alarm_id NOT IN (SELECT id FROM alarms)"
        )

    def all(self) -> list[StoredAlarm]:
        """Return every alarm in the order they were set."""
        done: dict[int, set[datetime.date]] = {}
        for alarm_id, day in self._database.rows("SELECT alarm_id, day FROM alarm_days_done"):
            done.setdefault(alarm_id, set()).add(_day(day))
        rows = self._database.rows(
            "SELECT id, name, hour, minute, repeat, first_day, next_day, rang_day"
            " FROM alarms ORDER BY id"
        )
        return [
            StoredAlarm(
                row[0], row[1], AlarmRule(row[2], row[3], row[4], _day(row[5])),
                None if row[6] is None else _day(row[6]),
                None if row[7] is None else _day(row[7]),
                frozenset(done.get(row[0], ())),
            )
            for row in rows
        ]  # fmt: skip


def _day(text: object) -> datetime.date:
    try:
        return datetime.date.fromisoformat(str(text))
    except ValueError as error:
        raise EdgeError(
            f"{FILE_NAME} is damaged ({text!r} is not a date); "
            "move it away and a new one will be made"
        ) from error
