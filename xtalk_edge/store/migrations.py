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
    """
    ALTER TABLE timers ADD COLUMN kind TEXT NOT NULL DEFAULT 'timer';
    ALTER TABLE timers ADD COLUMN rang_at TEXT;
    CREATE TABLE alarms (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        name TEXT NOT NULL,
        hour INTEGER NOT NULL,
        minute INTEGER NOT NULL,
        repeat TEXT NOT NULL,
        first_day TEXT NOT NULL,
        next_day TEXT,
        rang_day TEXT
    );
    CREATE TABLE alarm_days_done (
        alarm_id INTEGER NOT NULL,
        day TEXT NOT NULL,
        PRIMARY KEY (alarm_id, day)
    );
    """,
    """
    CREATE TABLE people (
        name TEXT PRIMARY KEY,
        voice BLOB NOT NULL,
        encoder TEXT NOT NULL,
        greeting TEXT NOT NULL DEFAULT '',
        note TEXT NOT NULL DEFAULT '',
        heard_at TEXT
    );
    """,
    """
    CREATE TABLE egress (
        day TEXT NOT NULL,
        host TEXT NOT NULL,
        kind TEXT NOT NULL,
        n_bytes INTEGER NOT NULL,
        PRIMARY KEY (day, host, kind)
    ) WITHOUT ROWID;
    CREATE TABLE switches (
        name TEXT PRIMARY KEY,
        is_on INTEGER NOT NULL
    ) WITHOUT ROWID;
    """,
    """
    CREATE TABLE choices (
        name TEXT PRIMARY KEY,
        value TEXT NOT NULL
    ) WITHOUT ROWID;
    """,
)
"""The script that leads from version n to n + 1."""

DOCUMENT_MIGRATIONS = (
    """
    CREATE TABLE documents (
        id INTEGER PRIMARY KEY,
        path TEXT NOT NULL UNIQUE,
        title TEXT NOT NULL,
        sha256 TEXT NOT NULL,
        stamp TEXT NOT NULL,
        added_at TEXT NOT NULL
    );
    CREATE TABLE passages (
        id INTEGER PRIMARY KEY,
        document_id INTEGER NOT NULL,
        place INTEGER NOT NULL,
        heading TEXT NOT NULL,
        text TEXT NOT NULL
    );
    CREATE INDEX passages_of_documents ON passages (document_id, place);
    CREATE TABLE vectors (
        passage_id INTEGER PRIMARY KEY,
        model TEXT NOT NULL,
        vector BLOB NOT NULL
    );
    CREATE VIRTUAL TABLE passage_words USING fts5(
        heading, text, content='', tokenize='porter unicode61 remove_diacritics 2'
    );
    """,
)
"""The same for the documents' own file."""
