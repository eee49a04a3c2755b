"""Short texts that the owner dictated, each with when: what notes and memories have in common."""

from __future__ import annotations

import datetime
from dataclasses import dataclass
from typing import ClassVar

from xtalk_edge.store.database import Database, from_text, to_text


@dataclass(frozen=True, slots=True)
class StoredText:
    """A text as last saved."""

    id: int
    text: str
    made_at: datetime.datetime
    """UTC."""


class TextTable:
    """The texts of one kind; a subclass names their table."""

    table: ClassVar[str]

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, text: str, made_at: datetime.datetime) -> StoredText:
        """Save a text."""
        text_id = self._database.insert(
            f"INSERT INTO {self.table} (text, made_at) VALUES (?, ?)", text, to_text(made_at)
        )
        return StoredText(text_id, text, made_at.astimezone(datetime.UTC))

    def all(self) -> list[StoredText]:
        """Return every text, the latest first."""
        # By number, not by time: a board without a battery clock may date a later one earlier.
        rows = self._database.rows(f"SELECT id, text, made_at FROM {self.table} ORDER BY id DESC")
        return [StoredText(row[0], row[1], from_text(row[2])) for row in rows]

    def count(self) -> int:
        """Return how many there are."""
        return int(self._database.rows(f"SELECT COUNT(*) FROM {self.table}")[0][0])

    def remove(self, *text_ids: int) -> None:
        """Forget texts, all of them or none; an unknown one is already forgotten."""
        with self._database.transaction():
            for text_id in text_ids:
                self._database.change(f"DELETE FROM {self.table} WHERE id = ?", text_id)

    def clear(self) -> None:
        """Forget every text."""
        self._database.change(f"DELETE FROM {self.table}")
