"""What the owner told the device to remember."""

from __future__ import annotations

from xtalk_edge.store.texts import TextTable


class MemoryTable(TextTable):
    """The memories in the database."""

    table = "memories"
