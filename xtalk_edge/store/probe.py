"""Whether what the device keeps can still be written and read, found out before it is needed."""

from __future__ import annotations

import contextlib
import sqlite3
from pathlib import Path

from xtalk_edge.store.database import damage_of

BUSY_TIMEOUT_S = 5.0
"""Others hold the file for milliseconds; longer, and somebody else has taken it."""


def trouble_of(path: Path) -> str:
    """Write to a database and leave it as it was; return what is wrong with it, or "".

    Blocks for as long as the disk takes. From any thread.
    """
    try:
        with contextlib.closing(
            sqlite3.connect(
                f"file:{path}?mode=rw", uri=True, timeout=BUSY_TIMEOUT_S, isolation_level=None
            )
        ) as database:
            return _trouble(database)
    except sqlite3.Error as error:
        return f"{path.name} cannot be used: {error}"


def _trouble(database: sqlite3.Connection) -> str:
    if damage := damage_of(database):
        return f"what the device keeps is damaged: {damage}"
    database.execute("BEGIN IMMEDIATE")
    try:
        (version,) = database.execute("PRAGMA user_version").fetchone()
        # The same number again: a page is written, and nothing is changed.
        database.execute(f"PRAGMA user_version = {version}")
        database.execute("COMMIT")
    finally:
        if database.in_transaction:
            database.execute("ROLLBACK")
    return ""
