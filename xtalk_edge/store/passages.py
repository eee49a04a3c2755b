"""Passages of documents, found by their words and by vectors.

They have a file of their own beside the household's: it is large, can be made again, and may be
written for seconds while a timer must be saved at once.
"""

from __future__ import annotations

import datetime
import heapq
import sqlite3
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from xtalk_edge.errors import EdgeError
from xtalk_edge.store.database import Database, from_text, to_text
from xtalk_edge.store.full_text import match_expression, spaced
from xtalk_edge.store.migrations import DOCUMENT_MIGRATIONS

FILE_NAME = "documents.sqlite3"

BUSY_TIMEOUT_S = 20.0
"""Another program may be putting in a thick book; nobody waits here while it listens."""

ROWS_AT_A_TIME = 2_000
"""Three megabytes of vectors of 384 numbers: larger pieces are not compared any faster."""

HEADING_WEIGHT = 2.0
"""A word of a heading says more of what a passage is about than one of its text."""

_WORDS_VALUES = "SELECT id, heading, text FROM passages WHERE document_id = ?"

Vector = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class StoredDocument:
    """A document that was taken in."""

    id: int
    path: str
    """Where it came from; of a text without a file "text:" and its digest."""
    title: str
    sha256: str
    stamp: str
    """Changes whenever the file may have changed; cheaper to look at than its content."""
    added_at: datetime.datetime
    """UTC."""
    passages: int
    """How many it has."""


@dataclass(frozen=True, slots=True)
class StoredPassage:
    """A piece of a document."""

    id: int
    path: str
    title: str
    place: int
    """Its number in the document, from 0."""
    heading: str
    text: str


class PassageTable:
    """The documents and passages in a state folder.

    Raises (all methods):
        EdgeError: the file cannot be read or written, or this SQLite finds no words.
    """

    def __init__(self, state_dir: Path) -> None:
        _check_full_text()
        self._database = Database(
            state_dir,
            file_name=FILE_NAME,
            migrations=DOCUMENT_MIGRATIONS,
            busy_timeout_s=BUSY_TIMEOUT_S,
            # Documents lie elsewhere too.
            may_use_reserve=False,
        )

    def documents(self) -> list[StoredDocument]:
        """Return every document, by title."""
        rows = self._database.rows(
            "SELECT d.id, path, title, sha256, stamp, added_at, "
            "(SELECT COUNT(*) FROM passages WHERE document_id = d.id) "
            "FROM documents d ORDER BY title COLLATE NOCASE, path"
        )
        return [
            StoredDocument(number, path, title, sha256, stamp, from_text(added_at), count)
            for number, path, title, sha256, stamp, added_at, count in rows
        ]

    def count(self) -> int:
        """Return how many passages there are."""
        return int(self._database.rows("SELECT COUNT(*) FROM passages")[0][0])

    def put(
        self,
        path: str,
        title: str,
        sha256: str,
        stamp: str,
        passages: Sequence[tuple[str, str]],
        added_at: datetime.datetime,
    ) -> None:
        """Save a document, all of it or nothing, in place of what came from there before.

        Args:
            path: where it came from.
            title: what to call it.
            sha256: digest of its content.
            stamp: see `StoredDocument`.
            passages: heading and text of each, in their order.
            added_at: when.
        """
        with self._database.transaction():
            self._delete(path)
            document_id = self._database.insert(
                "INSERT INTO documents (path, title, sha256, stamp, added_at) "
                "VALUES (?, ?, ?, ?, ?)",
                path, title, sha256, stamp, to_text(added_at),
            )  # fmt: skip
            for place, (heading, text) in enumerate(passages):
                passage_id = self._database.insert(
                    "INSERT INTO passages (document_id, place, heading, text) VALUES (?, ?, ?, ?)",
                    document_id, place, heading, text,
                )  # fmt: skip
                self._database.insert(
                    "INSERT INTO passage_words (rowid, heading, text) VALUES (?, ?, ?)",
                    passage_id, spaced(heading), spaced(text),
                )  # fmt: skip

    def set_stamp(self, path: str, stamp: str) -> None:
        """Note that the file was looked at and is what it was."""
        self._database.change("UPDATE documents SET stamp = ? WHERE path = ?", stamp, path)

    def remove(self, paths: Iterable[str]) -> None:
        """Forget documents, all of them or none."""
        with self._database.transaction():
            for path in paths:
                self._delete(path)

    def _delete(self, path: str) -> None:
        for (document_id,) in self._database.rows("SELECT id FROM documents WHERE path = ?", path):
            for passage_id, heading, text in self._database.rows(_WORDS_VALUES, document_id):
                # The index keeps no texts: it has to be told what it forgets.
                self._database.change(
                    "INSERT INTO passage_words (passage_words, rowid, heading, text) "
                    "VALUES ('delete', ?, ?, ?)",
                    passage_id, spaced(heading), spaced(text),
                )  # fmt: skip
                self._database.change("DELETE FROM vectors WHERE passage_id = ?", passage_id)
            self._database.change("DELETE FROM passages WHERE document_id = ?", document_id)
            self._database.change("DELETE FROM documents WHERE id = ?", document_id)

    # -- finding -----------------------------------------------------------------------------

    def passages(self, ids: Sequence[int]) -> list[StoredPassage]:
        """Return passages in the order of the numbers given; those that are gone are left out."""
        marks = ",".join("?" * len(ids))
        rows = self._database.rows(
            "SELECT p.id, d.path, d.title, p.place, p.heading, p.text FROM passages p "
            f"JOIN documents d ON d.id = p.document_id WHERE p.id IN ({marks})",
            *ids,
        )
        found = {row[0]: StoredPassage(*row) for row in rows}
        return [found[each] for each in ids if each in found]

    def by_words(self, query: str, most: int) -> list[int]:
        """Return the numbers of the passages that share words with the query, the best first."""
        wanted = match_expression(query)
        if not wanted:
            return []
        rows = self._database.rows(
            "SELECT rowid FROM passage_words WHERE passage_words MATCH ? "
            f"ORDER BY bm25(passage_words, {HEADING_WEIGHT}, 1.0), rowid LIMIT ?",
            wanted, most,
        )  # fmt: skip
        return [row[0] for row in rows]

    def by_vector(self, query: Vector, model: str, most: int) -> list[int]:
        """Return the numbers of the passages whose vectors are nearest, by cosine.

        Vectors of another model, or of another size, are not looked at.
        """
        best: list[tuple[float, int]] = []
        query = query / np.float32(float(np.linalg.norm(query)) or 1.0)
        for rows in self._database.chunks(
            ROWS_AT_A_TIME,
            "SELECT passage_id, vector FROM vectors WHERE model = ? AND length(vector) = ?",
            model, query.nbytes,
        ):  # fmt: skip
            vectors = np.frombuffer(b"".join(row[1] for row in rows), np.float32)
            # Not `@`: it wakes threads on every core, for what the memory's speed alone decides.
            likeness = np.einsum("ij,j->i", vectors.reshape(len(rows), -1), query)
            nearest = np.argsort(-likeness, kind="stable")[:most]
            found = [(float(likeness[index]), -rows[index][0]) for index in nearest]
            best = heapq.nlargest(most, [*best, *found])
        return [-number for _, number in best]

    # -- vectors -----------------------------------------------------------------------------

    def without_vector(self, model: str) -> list[int]:
        """Return the numbers of the passages that have no vector of that model."""
        rows = self._database.rows(
            "SELECT p.id FROM passages p LEFT JOIN vectors v ON v.passage_id = p.id "
            "WHERE v.model IS NOT ? ORDER BY p.id",
            model,
        )
        return [row[0] for row in rows]

    def set_vectors(self, model: str, vectors: Iterable[tuple[int, Vector]]) -> None:
        """Save vectors by their passages' numbers; they take the place of another model's."""
        with self._database.transaction():
            for passage_id, vector in vectors:
                length = np.float32(float(np.linalg.norm(vector)) or 1.0)
                self._database.change(
                    "INSERT OR REPLACE INTO vectors (passage_id, model, vector) "
                    "SELECT id, ?, ? FROM passages WHERE id = ?",
                    model, (vector / length).astype(np.float32).tobytes(), passage_id,
                )  # fmt: skip

    def close(self) -> None:
        """Close the file."""
        self._database.close()


def _check_full_text() -> None:
    with sqlite3.connect(":memory:") as connection:
        found = connection.execute("SELECT 1 FROM pragma_module_list WHERE name = 'fts5'")
        known = found.fetchone() is not None
    connection.close()
    if not known:
        raise EdgeError(
            f"documents cannot be searched: SQLite {sqlite3.sqlite_version} of this Python has no "
            "full-text search (FTS5); install a Python whose SQLite has it"
        )
