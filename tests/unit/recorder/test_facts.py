"""What a bundle tells of the machine and its models."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from xtalk_edge import __version__
from xtalk_edge.config.load import load_text
from xtalk_edge.models.records import Record
from xtalk_edge.models.shelf import FOLDER_VARIABLE
from xtalk_edge.recorder import facts
from xtalk_edge.recorder.facts import machine_facts, model_facts


def test_the_machine_and_its_versions(tmp_path: Path) -> None:
    told = machine_facts(load_text(f'[store]\nstate_dir = "{tmp_path}"'))
    assert told["xtalk_edge"] == __version__
    assert told["board"]["cores"] >= 1
    assert {"numpy", "soundfile"} <= set(told["libraries"])


def test_models_of_the_kit_of_a_file_and_of_the_shelf(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(FOLDER_VARIABLE, str(tmp_path))
    own = tmp_path / "own.onnx"
    own.write_bytes(b"network")
    fetched = tmp_path / "zipformer-en"
    fetched.mkdir()
    Record("zipformer-en", "elsewhere", {"encoder.onnx": "a" * 64}).save(fetched)
    config = load_text(
        f'[vad]\nmodel = "{own}"\n[asr]\ntype = "sherpa"\nmodel = "zipformer-en"\n'
        '[tts]\ntype = "piper"\nmodel = "not-fetched"'
    )
    told = model_facts(config)
    kit = {each["name"] for each in told if not each["slot"]}
    assert {"starter/brain.gguf", "starter/silero_vad.onnx"} <= kit
    by_slot = {each["slot"]: each for each in told if each["slot"]}
    assert by_slot["vad"] == {
        "slot": "vad",
        "name": "own.onnx",
        "bytes": 7,
        "sha256": hashlib.sha256(b"network").hexdigest(),
    }
    # Its digest was written down when it came.
    assert by_slot["asr"]["name"] == "zipformer-en/encoder.onnx"
    assert by_slot["asr"]["sha256"] == "a" * 64
    assert "fetch it" in by_slot["tts"]["problem"]


def test_a_model_too_large_to_read_now_has_no_digest(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(facts, "MOST_HASHED_BYTES", 3)
    (tmp_path / "own.onnx").write_bytes(b"network")
    told = model_facts(load_text(f'[vad]\nmodel = "{tmp_path / "own.onnx"}"'))
    (own,) = [each for each in told if each["slot"] == "vad"]
    assert (own["bytes"], own["sha256"]) == (7, "")
