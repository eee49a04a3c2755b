"""What the owner has switched on until they switch it off, whatever happens between."""

from __future__ import annotations

from xtalk_edge.store.database import Database


class SwitchTable:
    """The switches in the database; one that nobody has touched is off."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def is_on(self, name: str) -> bool:
        """Tell how a switch stands; another process may have turned it."""
        rows = self._database.rows("SELECT is_on FROM switches WHERE name = ?", name)
        return bool(rows and rows[0][0])

    def set(self, name: str, is_on: bool) -> None:
        """Turn a switch."""
        self._database.change(
            "INSERT INTO switches (name, is_on) VALUES (?1, ?2)"
            " ON CONFLICT (name) DO UPDATE SET is_on = ?2",
            name, int(is_on),
        )  # fmt: skip
