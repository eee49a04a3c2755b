"""No model file takes the process along: whatever is wrong with one, a sentence says so.

Each file of each engine's model is in turn missing, empty, garbage, cut short and of the wrong
kind. What the native libraries do over such files ends a throw-away child, if it ends anything.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.contract import models
from tests.tiny_onnx import tiny_onnx
from xtalk_edge.cli.main import run
from xtalk_edge.config.schema import EngineConfig
from xtalk_edge.engines import hosting
from xtalk_edge.errors import ModelError

MODEL_EXIT_CODE = 3

BESIDE = {"caption_rewriter": ["--set=captioner.type=tests.scripted:ScriptedCaptioner"]}
"""What a slot is of no use without."""

SPARED = {("tts", "sherpa", "cut", "tokens.txt")}
"""A voice does not say how many tokens it has; what it lacks, it does not speak."""

DAMAGES: dict[str, Callable[[bytes], bytes]] = {
    "empty": lambda _content: b"",
    "garbage": lambda _content: bytes(range(256)) * 40,
    "cut": lambda content: content[: len(content) // 2],
    "wrong kind": lambda _content: tiny_onnx({}),
}


def damage_file(path: Path, damage: str) -> None:
    if damage == "missing":
        path.unlink()
    else:
        path.write_bytes(DAMAGES[damage](path.read_bytes()))


def _made(slot: str, name: str, folder: Path) -> tuple[dict[str, Any], list[Path]]:
    folder.mkdir()
    params = models.NEEDS[slot, name](folder)
    return params, sorted(path for path in folder.iterdir() if path.is_file())


WITHOUT_FILES = {
    ("agent", "openai"),
    ("agent", "xai"),
    ("asr", "xai"),
    ("tts", "xai"),
    ("wake", "microwakeword"),
}

NETWORKS = [key for key in models.NEEDS if key not in WITHOUT_FILES]


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> dict[tuple[str, str], list[str]]:
    folder = tmp_path_factory.mktemp("names")
    return {key: [path.name for path in _made(*key, folder / "-".join(key))[1]] for key in NETWORKS}


@pytest.mark.parametrize("damage", ["missing", *DAMAGES])
@pytest.mark.parametrize(("slot", "name"), NETWORKS)
def test_a_bad_file_is_a_sentence(
    files: dict[tuple[str, str], list[str]], tmp_path: Path, slot: str, name: str, damage: str
) -> None:
    for number, file in enumerate(files[slot, name]):
        if (slot, name, damage, file) in SPARED:
            continue
        params, paths = _made(slot, name, tmp_path / str(number))
        damage_file(next(path for path in paths if path.name == file), damage)
        with pytest.raises(ModelError) as caught:
            hosting.create(slot, EngineConfig(type=name, params=params))
        sentence = str(caught.value)
        assert "\n" not in sentence
        assert str(tmp_path) in sentence
        assert caught.value.exit_code == MODEL_EXIT_CODE


@pytest.mark.parametrize(("slot", "name"), NETWORKS)
def test_a_bad_model_ends_the_start_with_its_own_exit_code(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], slot: str, name: str
) -> None:
    params, paths = _made(slot, name, tmp_path / "model")
    network = next(path for path in paths if path.suffix in (".onnx", ".gguf"))
    network.write_bytes(tiny_onnx({}))
    settings = {"type": name, **params}
    chosen = ["--set=store.state_dir=" + str(tmp_path / "state")]
    chosen += BESIDE.get(slot, [])
    chosen += [f"--set={slot}.{key}={value}" for key, value in settings.items()]
    assert run(["demo", *chosen]) == MODEL_EXIT_CODE
    assert str(tmp_path) in capsys.readouterr().err.splitlines()[-1]


def test_every_file_was_tried(files: dict[tuple[str, str], list[str]]) -> None:
    tried = [*itertools.chain.from_iterable(files.values())]
    assert len(tried) >= 15
    assert {"tokens.txt", "joiner-epoch-1.onnx", "voice.onnx.json"} <= set(tried)
