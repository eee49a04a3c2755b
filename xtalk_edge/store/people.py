"""People whose voices the device knows: what is particular about each, and what to make of it."""

from __future__ import annotations

import datetime
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from xtalk_edge.store.database import Database, from_text, to_text


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who was enrolled."""

    name: str
    voice: NDArray[np.float32] = field(compare=False)
    encoder: str
    """What made the vector; those of different makers cannot be compared."""
    greeting: str
    """Said when they have not been heard for a while; "" for nothing."""
    note: str
    """What the agent is to know about them."""
    heard_at: datetime.datetime | None
    """UTC."""


class PeopleTable:
    """The people in the database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def enrol(self, name: str, voice: NDArray[np.float32], encoder: str) -> None:
        """Save a voice; somebody of that name keeps greeting and note."""
        self._database.change(
            "INSERT INTO people (name, voice, encoder) VALUES (?1, ?2, ?3)"
            " ON CONFLICT (name) DO UPDATE SET voice = ?2, encoder = ?3",
            name, voice.astype("<f4").tobytes(), encoder,
        )  # fmt: skip

    def all(self) -> list[Person]:
        """Return everybody, by name."""
        rows = self._database.rows(
            "SELECT name, voice, encoder, greeting, note, heard_at FROM people ORDER BY name"
        )
        return [
            Person(
                name,
                np.frombuffer(voice, "<f4"),
                encoder,
                greeting,
                note,
                heard_at and from_text(heard_at),
            )
            for name, voice, encoder, greeting, note, heard_at in rows
        ]

    def known_to(self, encoder: str) -> list[Person]:
        """Return those whose voices it can tell apart: those enrolled with it."""
        return [person for person in self.all() if person.encoder == encoder]

    def set_greeting(self, name: str, greeting: str) -> bool:
        """Change what somebody is greeted with; False where there is nobody of that name."""
        sql = "UPDATE people SET greeting = ? WHERE name = ?"
        return self._database.change(sql, greeting, name) > 0

    def set_note(self, name: str, note: str) -> bool:
        """Change what is known about somebody; False where there is nobody of that name."""
        return self._database.change("UPDATE people SET note = ? WHERE name = ?", note, name) > 0

    def heard(self, name: str, at: datetime.datetime) -> None:
        """Note when somebody was heard last."""
        sql = "UPDATE people SET heard_at = ? WHERE name = ?"
        self._database.change(sql, to_text(at), name)

    def forget(self, name: str) -> bool:
        """Forget somebody; False where there is nobody of that name."""
        return self._database.change("DELETE FROM people WHERE name = ?", name) > 0
