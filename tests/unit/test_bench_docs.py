"""The bench for documents gives figures of both kinds."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from xtalk_edge.cli.main import run

QUESTIONS = Path(__file__).parents[1] / "data" / "document_questions.tsv"
DOCS = Path(__file__).parents[2] / "docs"


@pytest.mark.slow
def test_what_passages_cost(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["bench", "docs", "--passages", "100", "--numbers", "8", "--json"]) == 0
    small, large = json.loads(capsys.readouterr().out)
    assert [small["passages"], large["passages"]] == [100, 1_000]
    assert small["words_ms"]["count"] == small["vectors_ms"]["count"] == 30
    assert 0 < small["disk_mb"] < large["disk_mb"]


def test_how_often_the_right_document_is_found(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "one.txt").write_text("The filter sits low.")
    (tmp_path / "two.txt").write_text("The door is red.")
    questions = tmp_path / "questions.tsv"
    questions.write_text("Where is the filter?\tone.txt\nWhich moon is red?\tone.txt\n")
    asked = ["bench", "docs", "--folder", str(tmp_path), "--questions", str(questions)]
    assert run(asked) == 0
    out = capsys.readouterr().out
    assert "missed: Which moon is red?" in out
    assert "came first for 1, and was among three passages for 1." in out
    questions.write_text("no tab\n")
    assert run(asked) == 2
    assert f"{questions}:1: must be a question" in capsys.readouterr().err
    assert run(asked[:4]) == 2


@pytest.mark.slow
def test_questions_about_our_own_documents_find_their_answers(
    capsys: pytest.CaptureFixture[str],
) -> None:
    asked = ["bench", "docs", "--folder", str(DOCS), "--questions", str(QUESTIONS), "--json"]
    assert run(asked) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["questions"] == 40
    # Every page that is added may hold an answer too: this tells a search that is broken.
    assert found["first"] >= 20
    assert found["among_three"] >= 30
