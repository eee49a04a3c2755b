"""`bench recorder` measures what remembering costs, and leaves nothing behind."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from xtalk_edge.cli.bench import recorder as bench


@pytest.fixture(autouse=True)
def _short(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bench, "LUMPS", 4)


def test_the_figures_come_as_json(tmp_path: Path) -> None:
    result = CliRunner().invoke(
        bench.command, ["--json", "--seconds", "5", "--folder", str(tmp_path)]
    )
    assert result.exit_code == 0
    told = json.loads(result.output)
    # Five seconds take two lumps of four, and one more is held while it is written.
    assert 2 * 4 * 0.096 < told["memory_mb"] < 3 * 4 * 0.1
    assert told["lump_ms"]["count"] == 4
    assert told["core_percent"] > 0
    assert list(tmp_path.iterdir()) == []


def test_the_figures_come_as_a_table() -> None:
    result = CliRunner().invoke(bench.command, ["--seconds", "5"])
    assert result.exit_code == 0
    assert "% of a core" in result.output
