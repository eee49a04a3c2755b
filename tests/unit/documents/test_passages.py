"""Passages are kept, and found by words and by vectors."""

from __future__ import annotations

import datetime
import sqlite3
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from xtalk_edge.documents.fusion import fused
from xtalk_edge.errors import EdgeError
from xtalk_edge.store import passages
from xtalk_edge.store.full_text import match_expression, spaced
from xtalk_edge.store.passages import FILE_NAME, PassageTable

NOW = datetime.datetime(2026, 1, 2, tzinfo=datetime.UTC)


@pytest.fixture
def table(tmp_path: Path) -> PassageTable:
    return PassageTable(tmp_path)


def put(table: PassageTable, path: str, *texts: str, heading: str = "") -> None:
    kept = [(heading or path, text) for text in texts]
    table.put(path, path.title(), "digest", "stamp", kept, NOW)


def found(table: PassageTable, query: str, most: int = 9) -> list[str]:
    return [each.text for each in table.passages(table.by_words(query, most))]


def test_the_best_words_come_first(table: PassageTable) -> None:
    put(table, "machine", "The filter of the machine.", "Water and soap.", "Filters, and filters.")
    put(table, "house", "The roof has a leak.")
    assert found(table, "how do I clean the filters")[0] == "Filters, and filters."
    assert found(table, "machine")[0] == "The filter of the machine."
    assert found(table, "leaks?") == ["The roof has a leak."]
    assert found(table, "nothing such") == []
    assert found(table, '"!? ') == []


def test_headings_and_accents_are_words_too(table: PassageTable) -> None:
    put(table, "menu", "Five euros.", heading="Crème brûlée")
    assert found(table, "creme BRULEE") == ["Five euros."]


def test_scripts_without_spaces_are_found(table: PassageTable) -> None:
    put(table, "manual", "洗衣机的过滤器在右下角", "电视机")
    assert found(table, "过滤器在哪里") == ["洗衣机的过滤器在右下角"]


@given(st.text(max_size=60))
@pytest.mark.slow
def test_no_question_is_bad_sql(query: str) -> None:
    with sqlite3.connect(":memory:") as connection:
        connection.execute("CREATE VIRTUAL TABLE words USING fts5(text)")
        connection.execute("INSERT INTO words VALUES (?)", (spaced(query),))
        wanted = match_expression(query)
        if wanted:
            connection.execute("SELECT * FROM words WHERE words MATCH ?", (wanted,)).fetchall()
    connection.close()


def test_a_document_takes_the_place_of_what_came_from_there(table: PassageTable) -> None:
    put(table, "house", "The roof has a leak.", "The door is red.")
    put(table, "house", "The roof is new.")
    (document,) = table.documents()
    assert (document.title, document.passages, document.added_at) == ("House", 1, NOW)
    assert found(table, "door leak") == []
    assert found(table, "roof") == ["The roof is new."]
    table.remove(["house", "unknown"])
    assert (table.documents(), table.count(), found(table, "roof")) == ([], 0, [])


def test_the_nearest_vectors_of_the_same_model_come_first(
    table: PassageTable, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(passages, "ROWS_AT_A_TIME", 2)
    put(table, "a", *"pqrst")
    ids = table.without_vector("one")
    vectors = np.eye(5, dtype=np.float32) + np.float32(0.1)
    table.set_vectors("one", zip(ids[:4], 3 * vectors, strict=False))
    table.set_vectors("other", [(ids[4], vectors[4])])
    assert table.by_vector(vectors[2] + 0.5 * vectors[1], "one", 2) == [ids[2], ids[1]]
    assert table.by_vector(vectors[4], "one", 9) != []
    assert ids[4] not in table.by_vector(vectors[4], "one", 9)
    assert table.by_vector(vectors[0][:3], "one", 9) == []
    assert table.without_vector("one") == [ids[4]]
    # Another model's take the place.
    table.set_vectors("other", [(ids[0], vectors[0])])
    assert table.without_vector("one") == [ids[0], ids[4]]


def test_vectors_go_with_their_passages(table: PassageTable) -> None:
    put(table, "a", "p", "q")
    ids = table.without_vector("one")
    table.set_vectors("one", [(number, np.ones(3, np.float32)) for number in ids])
    put(table, "a", "p")
    assert table.by_vector(np.ones(3, np.float32), "one", 9) == []
    # What was removed while its vector was made is not there any more.
    table.set_vectors("one", [(999, np.ones(3, np.float32))])
    assert table.by_vector(np.ones(3, np.float32), "one", 9) == []


def test_an_sqlite_without_full_text_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Connection(sqlite3.Connection):
        def execute(self, sql: str, *values: object) -> sqlite3.Cursor:
            return super().execute(sql.replace("'fts5'", "'fts9'"))

    connect = sqlite3.connect
    monkeypatch.setattr(sqlite3, "connect", lambda path: connect(path, factory=Connection))
    with pytest.raises(EdgeError, match="has no full-text search"):
        PassageTable(tmp_path)
    assert not (tmp_path / FILE_NAME).exists()


@given(st.lists(st.lists(st.integers(0, 9), unique=True), max_size=3))
@pytest.mark.slow
def test_rankings_become_one(rankings: list[list[int]]) -> None:
    found = fused(rankings)
    assert {each for each, _ in found} == {each for ranking in rankings for each in ranking}
    scores = [score for _, score in found]
    assert scores == sorted(scores, reverse=True)
    if len(rankings) == 1:
        assert [each for each, _ in found] == rankings[0]


def test_what_both_rankings_have_comes_first() -> None:
    assert fused([[1, 2, 3], [4, 2, 5]])[0][0] == 2
