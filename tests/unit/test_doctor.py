"""`xtalk-edge doctor` says what to see to, and what suits the machine."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.unit.test_board import PI
from xtalk_edge.audio.sound_check import SoundCheck
from xtalk_edge.cli import doctor
from xtalk_edge.cli.bench.engine_cost import MEASURED_SLOTS, EngineCost
from xtalk_edge.cli.bench.engines import Row
from xtalk_edge.cli.main import run
from xtalk_edge.models.bring import bring
from xtalk_edge.models.manifest import Manifest, read_manifest
from xtalk_edge.models.shelf import FOLDER_VARIABLE, Shelf

QUIET = SoundCheck(
    48_000, noise_db=-60.0, delay_ms=42.0, echo_db=-10.0, drift_ppm=4.0, lost_frames=0, underflows=0
)
COSTS = [Row(slot, "x", EngineCost(0.1, 10.0, 0.1, 5.0), "") for slot in MEASURED_SLOTS]


@pytest.fixture(autouse=True)
def own_folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for variable in ("STATE_DIRECTORY", FOLDER_VARIABLE, "XDG_STATE_HOME", "XDG_DATA_HOME"):
        monkeypatch.setenv(variable, str(tmp_path / "home"))


@pytest.fixture
def healthy(monkeypatch: pytest.MonkeyPatch) -> None:
    cool = replace(PI, temperature_c=50.0, throttled=False, memory_free_mb=5_000)
    monkeypatch.setattr(doctor, "look", lambda folder: cool)
    monkeypatch.setattr(doctor, "list_devices", list)
    monkeypatch.setattr(doctor, "open_card", lambda audio: None)
    monkeypatch.setattr(doctor, "check_sound", lambda card: QUIET)
    monkeypatch.setattr(doctor, "engine_costs", lambda config, slots: COSTS)


@pytest.mark.usefixtures("healthy")
def test_a_healthy_machine_is_told_so(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["doctor"]) == 0
    said = capsys.readouterr().out
    assert "all well" in said
    assert "chirp heard after 42 ms, -10 dB" in said
    assert "suits it   profile pi5" in said
    assert run(["doctor", "--json"]) == 0
    report = json.loads(capsys.readouterr().out)
    assert report["voice_to_voice_ms"] == 255.0
    assert report["advice"] == []
    assert set(report) == {
        "board", "devices", "sound", "sound_problem", "engines", "voice_to_voice_ms", "profile",
        "advice",
    }  # fmt: skip


@pytest.mark.usefixtures("healthy")
@pytest.mark.parametrize(
    ("what", "change", "said"),
    [
        ("sound", {"noise_db": -96.0}, "it is muted"),
        ("sound", {"noise_db": -30.0}, "the room is loud"),
        ("sound", {"delay_ms": None, "echo_db": None}, "turn the loudspeaker up"),
        ("sound", {"echo_db": 9.0}, "move loudspeaker and microphone apart"),
        ("sound", {"lost_frames": 3}, "sound was lost"),
        ("board", {"temperature_c": 85.0}, "85 °C"),
        ("board", {"throttled": True}, "power supply"),
        ("board", {"memory_free_mb": 100}, "only 100 MB of memory"),
        ("board", {"disk_free_mb": 100}, "only 100 MB of the disk"),
        ("engine", {"problem": "asr x: no"}, "asr x: no"),
        ("sound", {"drift_ppm": -90.0}, "90 ppm apart"),
        ("engine", {"cost": EngineCost(1.0, 1.0, 0.9, None)}, "is slow here (0.90)"),
    ],
)
def test_each_trouble_is_one_sentence(
    what: str, change: dict[str, Any], said: str,
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    if what == "sound":
        monkeypatch.setattr(doctor, "check_sound", lambda card: replace(QUIET, **change))
    elif what == "board":
        board = replace(PI, temperature_c=50.0, throttled=False, memory_free_mb=5_000)
        board = replace(board, **change)
        monkeypatch.setattr(doctor, "look", lambda folder: board)
    else:
        rows = [replace(COSTS[0], **change), *COSTS[1:]]
        monkeypatch.setattr(doctor, "engine_costs", lambda config, slots: rows)
    assert run(["doctor", "--json"]) == 1
    [advice] = json.loads(capsys.readouterr().out)["advice"]
    assert said in advice


@pytest.mark.usefixtures("healthy")
@pytest.mark.slow
def test_settings_that_suit_it_are_written_once_the_models_are_there(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path, folder = tmp_path / "mine.toml", tmp_path / "models"
    words = ["doctor", "--write", str(path), "--set", f"models.folder={folder}"]
    assert run(words) == 3
    assert "models pull --profile pi5 --language en" in capsys.readouterr().err
    (tmp_path / "model.onnx").write_bytes(b"x")
    for model in read_manifest().of_profile("pi5", "en"):
        bring(Shelf(folder), Manifest(), tmp_path / "model.onnx", model.name)
    assert run(words) == 0
    assert '[asr]\ntype = "sherpa"\nmodel = "zipformer-en"\n' in path.read_text()
    assert run(words) == 2
    assert "File exists" in capsys.readouterr().err


@pytest.mark.slow
def test_this_machine_is_examined_for_real(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["doctor", "--no-sound", "--json"]) == 0
    report = json.loads(capsys.readouterr().out)
    assert [row["slot"] for row in report["engines"]] == list(MEASURED_SLOTS)
    assert all(row["problem"] == "" for row in report["engines"])
    assert report["voice_to_voice_ms"] > 0
    assert report["board"]["memory_mb"] > 100
