"""How the owner wants the device to be, as said aloud or turned by hand: volume, voice, speed."""

from __future__ import annotations

from xtalk_edge.store.database import Database


class ChoiceTable:
    """What was chosen, by name; nothing of what was never chosen."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def all(self) -> dict[str, str]:
        """Return every choice."""
        return dict(self._database.rows("SELECT name, value FROM choices"))

    def keep(self, name: str, value: str) -> None:
        """Remember a choice; "" forgets it."""
        if not value:
            self._database.change("DELETE FROM choices WHERE name = ?", name)
            return
        self._database.change(
            "INSERT INTO choices (name, value) VALUES (?1, ?2)"
            " ON CONFLICT (name) DO UPDATE SET value = ?2",
            name, value,
        )  # fmt: skip
