"""Trying model files in a throw-away child."""

from __future__ import annotations

import json
import shutil
import stat
from pathlib import Path

import pytest

from xtalk_edge.config.files import default_state_dir
from xtalk_edge.engines import preflight as module
from xtalk_edge.engines import preflight_checks
from xtalk_edge.engines.preflight import preflight
from xtalk_edge.errors import ModelError

CHECKS = """
import os, signal, sys
def good(path):
    with open(path + ".tried", "a") as file: file.write("x")
def told(path, word=""):
    if word == "bad": raise ValueError("no such word")
    with open(path + ".tried", "a") as file: file.write("x")
def raises(path): raise ValueError("three layers, not two")
def crashes(path): os.kill(os.getpid(), signal.SIGSEGV)
def exits(path): os._exit(255)
def leaves(path): sys.exit(0)
def hangs(path):
    import time
    time.sleep(60)
"""


@pytest.fixture(autouse=True)
def checks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "own_checks.py").write_text(CHECKS, encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)


@pytest.fixture
def model(tmp_path: Path) -> Path:
    path = tmp_path / "model.bin"
    path.write_bytes(b"weights")
    return path


@pytest.fixture
def state(tmp_path: Path) -> Path:
    return tmp_path / "state"


def tries(model: Path) -> int:
    tried = Path(f"{model}.tried")
    return len(tried.read_text()) if tried.exists() else 0


def refused(path: Path, kind: str, state: Path, check: str | None = None) -> str:
    with pytest.raises(ModelError) as caught:
        preflight(path, kind, check, state_dir=state)
    message = str(caught.value)
    assert str(path) in message
    assert "fetch it again" in message
    assert "\n" not in message
    return message


def test_a_good_file_is_tried_once(model: Path, state: Path) -> None:
    for _ in range(3):
        preflight(model, "own", "own_checks:good", state_dir=state)
    assert tries(model) == 1
    assert stat.S_IMODE((state / "preflight.json").stat().st_mode) & 0o077 == 0
    assert [path.name for path in state.iterdir()] == ["preflight.json"]


@pytest.mark.slow
def test_the_verdict_belongs_to_the_settings(model: Path, state: Path) -> None:
    for word in ("one", "one", "two"):
        preflight(model, "own", "own_checks:told", settings={"word": word}, state_dir=state)
    preflight(model, "own", "own_checks:told", state_dir=state)
    assert tries(model) == 3
    with pytest.raises(ModelError, match="no such word"):
        preflight(model, "own", "own_checks:told", settings={"word": "bad"}, state_dir=state)


def test_the_verdict_belongs_to_the_content(model: Path, state: Path) -> None:
    preflight(model, "own", "own_checks:good", state_dir=state)
    copy = model.with_name("copy.bin")
    shutil.copy(model, copy)
    preflight(copy, "own", "own_checks:good", state_dir=state)
    assert tries(copy) == 0
    model.write_bytes(b"changed")
    preflight(model, "own", "own_checks:good", state_dir=state)
    assert tries(model) == 2


@pytest.mark.slow
def test_another_kind_check_or_library_is_tried_again(
    model: Path, state: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    preflight(model, "own", "own_checks:good", state_dir=state)
    preflight(model, "other", "own_checks:good", state_dir=state)
    assert tries(model) == 2
    refused(model, "own", state, "own_checks:raises")
    monkeypatch.setattr(module, "_library_version", lambda kind: "newer")
    preflight(model, "own", "own_checks:good", state_dir=state)
    assert tries(model) == 3


def test_a_file_that_did_not_change_is_not_read_again(
    model: Path, state: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    preflight(model, "own", "own_checks:good", state_dir=state)
    monkeypatch.setattr("hashlib.file_digest", lambda *_: pytest.fail("read again"))
    preflight(model, "own", "own_checks:good", state_dir=state)


@pytest.mark.parametrize("content", ["", "{", "[]", "null", '{"good": 3}', '{"good": []}', "\0"])
def test_a_damaged_cache_only_costs_another_try(model: Path, state: Path, content: str) -> None:
    state.mkdir()
    (state / "preflight.json").write_text(content, encoding="utf-8")
    preflight(model, "own", "own_checks:good", state_dir=state)
    assert tries(model) == 1
    assert len(json.loads((state / "preflight.json").read_text())["good"]) == 1


@pytest.mark.slow
def test_a_device_that_cannot_write_still_starts(model: Path, tmp_path: Path) -> None:
    in_the_way = tmp_path / "file"
    in_the_way.write_text("")
    for _ in range(2):
        preflight(model, "own", "own_checks:good", state_dir=in_the_way / "state")
    assert tries(model) == 2


@pytest.mark.parametrize(
    ("check", "problem"),
    [
        ("raises", "ValueError: three layers, not two"),
        ("crashes", "SIGSEGV"),
        ("exits", "code 255"),
        ("leaves", "code 0"),
        ("missing", "AttributeError"),
    ],
)
@pytest.mark.slow
def test_whatever_the_child_does_becomes_a_sentence(
    model: Path, state: Path, check: str, problem: str
) -> None:
    for _ in range(2):
        assert problem in refused(model, "own", state, f"own_checks:{check}")
    assert not state.exists()


@pytest.mark.slow
def test_a_child_that_hangs_is_ended(
    model: Path, state: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "CHECK_TIMEOUT_S", 0.3)
    assert "did not end" in refused(model, "own", state, "own_checks:hangs")


def test_files_that_need_no_child(tmp_path: Path, state: Path) -> None:
    path = tmp_path / "model.gguf"
    assert "is missing" in refused(path, "gguf", state)
    path.write_bytes(b"")
    assert "is empty" in refused(path, "gguf", state)
    path.write_bytes(b"<html>404")
    assert "not a GGUF file" in refused(path, "gguf", state)
    assert "not a TFLITE file" in refused(path, "tflite", state)
    assert "cannot be read" in refused(tmp_path, "onnx", state)


@pytest.mark.slow
def test_bad_onnx_files(tmp_path: Path, state: Path) -> None:
    path = tmp_path / "model.onnx"
    path.write_bytes(b"garbage" * 100)
    assert "damaged or of the wrong kind" in refused(path, "onnx", state)


@pytest.mark.slow
def test_gguf_files_whole_cut_and_damaged(tmp_path: Path, state: Path) -> None:
    pytest.importorskip("gguf")
    from tests.tiny_gguf import random_weights

    path = tmp_path / "tiny.gguf"
    random_weights(path)
    preflight(path, "gguf", state_dir=state)
    whole = path.read_bytes()
    for bad in (whole[:200], whole[:-1000], b"GGUF" + b"\xff" * 400):
        path.write_bytes(bad)
        refused(path, "gguf", state)


def test_the_checks_themselves_accept_good_files(tmp_path: Path) -> None:
    wakeword = pytest.importorskip("pymicro_wakeword")
    preflight_checks.tflite(str(Path(wakeword.__file__).parent / "models/alexa.tflite"))
    with pytest.raises(ValueError, match="does not accept"):
        preflight_checks.tflite(str(tmp_path / "none.tflite"))
    with pytest.raises(Exception, match=r"none\.onnx"):
        preflight_checks.onnx(str(tmp_path / "none.onnx"))
    pytest.importorskip("gguf")
    from tests.tiny_gguf import random_weights

    random_weights(tmp_path / "tiny.gguf")
    preflight_checks.gguf(str(tmp_path / "tiny.gguf"))


@pytest.mark.parametrize("refusing", ["AllocateTensors", "Invoke"])
def test_a_tflite_model_that_loads_but_does_not_run_is_refused(
    refusing: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Library:
        def __getattr__(self, name: str) -> object:
            return lambda *_: int(refusing in name or "Create" in name)

    class Built:
        lib = Library()

    wakeword = pytest.importorskip("pymicro_wakeword")
    monkeypatch.setattr(wakeword.MicroWakeWord, "from_builtin", lambda model: Built())
    with pytest.raises(ValueError, match="cannot"):
        preflight_checks.tflite("any.tflite")


@pytest.mark.slow
def test_tflite_files_whole_and_cut(tmp_path: Path, state: Path) -> None:
    wakeword = pytest.importorskip("pymicro_wakeword")
    built_in = Path(wakeword.__file__).parent / "models/alexa.tflite"
    preflight(built_in, "tflite", state_dir=state)
    path = tmp_path / "cut.tflite"
    for bad in (built_in.read_bytes()[:3000], b"\x1c\0\0\0TFL3" + b"\xff" * 300):
        path.write_bytes(bad)
        refused(path, "tflite", state)


def test_where_verdicts_are_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STATE_DIRECTORY", f"{tmp_path}/one:{tmp_path}/two")
    assert default_state_dir() == tmp_path / "one"
    monkeypatch.delenv("STATE_DIRECTORY")
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    assert default_state_dir() == tmp_path / "xtalk-edge"
    monkeypatch.delenv("XDG_STATE_HOME")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert default_state_dir() == tmp_path / ".local/state/xtalk-edge"


@pytest.mark.slow
def test_without_a_home_nothing_is_kept(model: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("STATE_DIRECTORY", raising=False)
    monkeypatch.setenv("XDG_STATE_HOME", "~surely-nobody/state")
    assert default_state_dir() is None
    for _ in range(2):
        preflight(model, "own", "own_checks:good")
    assert tries(model) == 2
