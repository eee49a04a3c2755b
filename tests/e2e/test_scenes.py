"""Every scene that comes along goes as it should, with the engines of the starter kit."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from xtalk_edge.audio.sound_file import read_sound
from xtalk_edge.cli import demo
from xtalk_edge.cli.main import run
from xtalk_edge.config.files import data_path

SHIPPED = sorted(
    path
    for path in data_path("configs/scenes").glob("*.toml")
    # That one is the demo, which is held and judged by tests of its own.
    if data_path(demo.SCENE) != path
)


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_a_scene_goes_as_it_should(
    path: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code = run(["scene", str(path), "--json", "-o", str(tmp_path)])
    told = json.loads(capsys.readouterr().out)
    assert told["problems"] == []
    assert code == 0
    assert told["own_cuts"] == 0
    [recording] = tmp_path.glob("*.wav")
    assert read_sound(recording).seconds > 5


def test_a_scene_that_goes_wrong_says_what(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "wrong.toml"
    path.write_text(
        'settings = ["wake.mode=always"]\n[[line]]\nsays = "What time is it?"\nanswer = "noon"\n',
        encoding="utf-8",
    )
    assert run(["scene", str(path)]) == 1
    shown = capsys.readouterr().out
    assert "FAILED  wrong" in shown
    assert "What time is it?: wrong answer" in shown
