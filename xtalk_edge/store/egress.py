"""How much of what kind has left the device, by day and host."""

from __future__ import annotations

import datetime
from collections.abc import Iterable
from dataclasses import dataclass

from xtalk_edge.errors import EdgeError
from xtalk_edge.net.border import Sent
from xtalk_edge.store.database import FILE_NAME, Database


@dataclass(frozen=True, slots=True)
class SentThatDay:
    """How much of one kind went to one host on one day of the owner's calendar."""

    day: datetime.date
    host: str
    kind: str
    n_bytes: int


class EgressTable:
    """The ledger in the database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, day: datetime.date, sent: Iterable[Sent]) -> None:
        """Add to what was sent on a day, all of it or nothing."""
        with self._database.transaction():
            for each in sent:
                self._database.change(
                    "INSERT INTO egress (day, host, kind, n_bytes) VALUES (?1, ?2, ?3, ?4)"
                    " ON CONFLICT (day, host, kind) DO UPDATE SET n_bytes = n_bytes + ?4",
                    day.isoformat(), each.host, each.kind, each.n_bytes,
                )  # fmt: skip

    def since(self, day: datetime.date) -> list[SentThatDay]:
        """Return what was sent on that day and later, the latest day first.

        Raises:
            EdgeError: somebody else wrote there.
        """
        rows = self._database.rows(
            "SELECT day, host, kind, n_bytes FROM egress WHERE day >= ?"
            " ORDER BY day DESC, host, kind",
            day.isoformat(),
        )
        return [SentThatDay(_day(row[0]), *row[1:]) for row in rows]

    def is_empty(self) -> bool:
        """Tell whether nothing is known to have been sent, ever."""
        return not self._database.rows("SELECT 1 FROM egress LIMIT 1")

    def forget_all_but(self, days: int) -> None:
        """Forget the oldest days, of those on which something was sent."""
        # Counted, not reckoned from today: a clock that is ten years ahead would forget everything.
        last = self._database.rows(
            "SELECT DISTINCT day FROM egress ORDER BY day DESC LIMIT 1 OFFSET ?", days
        )
        # Not one statement: as a part of another, SQLite 3.40 passes over too few days.
        for (day,) in last:
            self._database.change("DELETE FROM egress WHERE day <= ?", day)


def _day(text: object) -> datetime.date:
    try:
        return datetime.date.fromisoformat(str(text))
    except ValueError as error:
        raise EdgeError(
            f"{FILE_NAME} is damaged ({text!r} is no day); move it away and a new one will be made"
        ) from error
