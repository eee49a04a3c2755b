"""Lists and what is on them; a list exists as long as something is on it."""

from __future__ import annotations

import datetime
from collections.abc import Iterable
from dataclasses import dataclass

from xtalk_edge.store.database import Database, to_text


@dataclass(frozen=True, slots=True)
class ListItem:
    """Something on a list."""

    id: int
    list_name: str
    item: str


class ListTable:
    """The lists in the database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, list_name: str, items: Iterable[str], added_at: datetime.datetime) -> None:
        """Put items on a list, all of them or none."""
        with self._database.transaction():
            for item in items:
                self._database.insert(
                    "INSERT INTO list_items (list_name, item, added_at) VALUES (?, ?, ?)",
                    list_name, item, to_text(added_at),
                )  # fmt: skip

    def items(self, list_name: str) -> list[ListItem]:
        """Return what is on a list, in the order it was put there."""
        rows = self._database.rows(
            "SELECT id, list_name, item FROM list_items WHERE list_name = ? ORDER BY id", list_name
        )
        return [ListItem(*row) for row in rows]

    def names(self) -> list[str]:
        """Return the lists that have something on them, the oldest first."""
        rows = self._database.rows(
            "SELECT list_name FROM list_items GROUP BY list_name ORDER BY MIN(id)"
        )
        return [str(name) for (name,) in rows]

    def remove(self, items: Iterable[ListItem]) -> None:
        """Take items off, all of them or none; what is not there is already off."""
        with self._database.transaction():
            for item in items:
                self._database.change("DELETE FROM list_items WHERE id = ?", item.id)

    def clear(self, list_name: str) -> None:
        """Take everything off a list."""
        self._database.change("DELETE FROM list_items WHERE list_name = ?", list_name)
