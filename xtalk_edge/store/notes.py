"""Notes, as they survive a power cut."""

from __future__ import annotations

from xtalk_edge.store.texts import TextTable


class NoteTable(TextTable):
    """The notes in the database."""

    table = "notes"
