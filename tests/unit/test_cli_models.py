"""`xtalk-edge models`, as an owner types it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.unit.file_server import Served, file_server
from xtalk_edge.cli.main import run
from xtalk_edge.models.shelf import FOLDER_VARIABLE

WEIGHTS = bytes(range(256)) * 2_000


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """A server, and what to type behind each command to use it."""
    for variable in ("STATE_DIRECTORY", FOLDER_VARIABLE):
        # Commands set it for their child processes.
        monkeypatch.setenv(variable, str(tmp_path))
    with file_server() as server:
        server.files["/one.onnx"] = Served(WEIGHTS)
        server.files["/two.gguf"] = Served(b"GGUF")
        manifest = tmp_path / "models.toml"
        manifest.write_text(
            f'[[model]]\nname = "one"\nslot = "asr"\ntype = "sherpa-streaming"\nlicence = "MIT"\n'
            f'languages = ["en"]\nabout = "hears"\n'
            f'[[model.file]]\nurl = "{server.url}/one.onnx"\nmb = 0.5\n'
            f'[[model]]\nname = "two"\nslot = "agent"\ntype = "llama"\nlicence = "MIT"\n'
            f'[[model.file]]\nurl = "{server.url}/two.gguf"\n'
            '[[profile]]\nname = "pi5"\nlanguage = "en"\nmodels = ["one", "two"]\n'
        )
        yield (
            server,
            [
                *("--set", f"models.folder={tmp_path / 'here'}"),
                *("--set", f"models.manifest={manifest}"),
            ],
        )


def typed(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str]:
    code = run(["models", *words])
    said = capsys.readouterr()
    return code, said.out + said.err


@pytest.mark.slow
def test_a_profile_is_fetched_listed_checked_and_removed(store, capsys, tmp_path):
    _, settings = store
    code, said = typed(capsys, "pull", "--profile", "pi5", *settings)
    assert code == 0
    assert 'use it: [asr] type = "sherpa-streaming" model = "one"' in said
    assert typed(capsys, "pull", "one", *settings) == (0, "one is there already\n")
    _, said = typed(capsys, "list", *settings)
    assert "* one" in said
    assert "* two" in said
    assert "pi5      en   one, two" in said
    _, said = typed(capsys, "list", "--json", "--slot", "asr", "--language", "en", *settings)
    assert [(row["name"], row["here"]) for row in map(json.loads, said.splitlines())] == [
        ("one", True)
    ]
    _, said = typed(capsys, "info", "one", *settings)
    assert f"{tmp_path / 'here' / 'one'}, 0.5 MB" in said
    assert typed(capsys, "verify", *settings)[0] == 0
    (tmp_path / "here" / "one" / "one.onnx").write_bytes(b"")
    code, said = typed(capsys, "verify", *settings)
    assert code == 3
    assert "one: one.onnx has changed" in said
    assert typed(capsys, "remove", "one", "two", *settings)[0] == 0
    assert "* one" not in typed(capsys, "list", *settings)[1]


@pytest.mark.slow
def test_what_goes_wrong_is_one_sentence(store, capsys):
    server, settings = store
    server.files["/one.onnx"].content = bytes(2_000_000)
    code, said = typed(capsys, "pull", "one", *settings)
    assert code == 3
    assert "2,000,000 bytes, more than the" in said.splitlines()[-1]
    assert typed(capsys, "pull", "onne", *settings)[1].strip().endswith("did you mean 'one'?")
    assert typed(capsys, "pull", *settings)[0] == 2
    assert typed(capsys, "info", "nothing", *settings)[0] == 3
    assert typed(capsys, "list", "--set", "models.manifest=/nowhere")[0] == 2


@pytest.mark.slow
def test_a_model_is_brought_by_hand_and_leftovers_go(store, capsys, tmp_path):
    server, settings = store
    stick = tmp_path / "mine.onnx"
    stick.write_bytes(WEIGHTS)
    assert typed(capsys, "import", str(stick), *settings)[0] == 0
    assert "brought by hand" in typed(capsys, "list", *settings)[1]
    assert "brought from" in typed(capsys, "info", "mine", *settings)[1]
    server.files["/one.onnx"].answers = [404]
    assert typed(capsys, "pull", "one", *settings)[0] == 3
    assert "one" in typed(capsys, "gc", "--dry-run", *settings)[1]
    assert "are free" in typed(capsys, "gc", *settings)[1]
    assert typed(capsys, "gc", *settings)[1] == "nothing is left over\n"
