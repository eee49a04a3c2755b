"""`bench wake` judges by whether the command's first word is understood behind the phrase."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from xtalk_edge.cli.bench import wake
from xtalk_edge.errors import DeviceError

GOOD = wake.Row(gap="all", said=40, woken=20, alone=20, kept=19, right=1, needed=0.95)


@pytest.mark.parametrize(
    ("changes", "passed"),
    [({}, True), ({"kept": 18}, False), ({"alone": 0, "kept": 0}, False)],
)
def test_first_words_count_where_the_phrase_was_heard(
    changes: dict[str, Any], passed: bool
) -> None:
    assert replace(GOOD, **changes).passed is passed


def test_a_folder_without_recordings_is_refused(tmp_path: Path) -> None:
    result = CliRunner().invoke(wake.command, ["--phrases", str(tmp_path)])
    assert isinstance(result.exception, DeviceError)
    assert "no recordings there" in str(result.exception)


@pytest.mark.slow
def test_a_command_in_one_breath_is_understood(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wake, "GAPS_MS", (150,))
    result = CliRunner().invoke(wake.command, ["--breaths", "2", "--json"])
    row, in_all = json.loads(result.stdout)["rows"]
    assert in_all["kept"] == row["kept"]
    assert row["said"] == 2
    assert row["kept"] == row["alone"] > 0
    assert row["right"] > 0
