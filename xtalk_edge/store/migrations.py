"""The tables, as a list of steps: released ones are never edited, new ones are added below."""

from __future__ import annotations

MIGRATIONS = (
    """
    CREATE TABLE timers (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        name TEXT NOT NULL,
        duration_s REAL NOT NULL,
        set_at TEXT NOT NULL,
        ends_at TEXT NOT NULL,
        remaining_s REAL NOT NULL,
        saved_at TEXT NOT NULL
    );
    """,
    """
    CREATE TABLE notes (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        text TEXT NOT NULL,
        made_at TEXT NOT NULL
    );
    CREATE TABLE memories (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        text TEXT NOT NULL,
        made_at TEXT NOT NULL
    );
    CREATE TABLE list_items (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        list_name TEXT NOT NULL,
        item TEXT NOT NULL,
        added_at TEXT NOT NULL
    );
    """,
)
"""The script that leads from version n to n + 1."""
