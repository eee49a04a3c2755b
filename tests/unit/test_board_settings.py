"""The settings for a kind of board are right, and name what its profile fetches."""

import pytest

from xtalk_edge.cli.main import run
from xtalk_edge.config.engine import EngineConfig
from xtalk_edge.config.files import data_path
from xtalk_edge.config.load import load
from xtalk_edge.models.manifest import read_manifest

BOARDS = ["pi4", "pi5", "jetson"]


@pytest.mark.parametrize("board", BOARDS)
def test_they_name_the_models_of_the_profile(board):
    config = load(data_path(f"configs/{board}.toml"))
    for model in read_manifest("").of_profile(board, "en"):
        engine = getattr(config, model.slot)
        assert isinstance(engine, EngineConfig)
        assert (engine.type, engine.params["model"]) == (model.type, model.name)


@pytest.mark.parametrize("board", BOARDS)
def test_without_these_models_the_sentence_says_how_to_fetch_them(
    board, tmp_path, monkeypatch, capsys
):
    monkeypatch.setenv("XTALK_EDGE_MODELS", str(tmp_path))
    path = data_path(f"configs/{board}.toml")
    assert run(["say", "-o", str(tmp_path / "x.wav"), "--config", str(path), "hello"]) == 3
    assert "xtalk-edge models pull piper-en-ljspeech" in capsys.readouterr().err
