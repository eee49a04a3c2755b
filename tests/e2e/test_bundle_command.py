"""`xtalk-edge bundle` and `replay`, from a conversation to a test that keeps it."""

from __future__ import annotations

import importlib.util
import json
import os
import signal
import subprocess
import sys
import zipfile
from pathlib import Path

import numpy as np
import pytest

from tests.e2e.room_conversation import speech
from tests.unit.recorder.parts import bundle_of, event
from xtalk_edge.audio.sound_file import read_sound, write_wav
from xtalk_edge.cli.main import run
from xtalk_edge.engines.registry import _SPECS
from xtalk_edge.recorder.bundle import write_bundle
from xtalk_edge.recorder.bundle_reading import read_bundle
from xtalk_edge.recorder.place import NOW

SCRIPTED = Path(__file__).parents[1] / "scripted.py"

LIGHT = """
[echo]
type = "none"
[enhancer]
type = "none"
[stop_word]
type = "none"
[wake]
mode = "always"
[agent]
type = "scripted"
otherwise = "It is noon."
[tts]
isolation = "process"
[recorder]
folder = "{folder}"
"""


@pytest.fixture
def light(tmp_path: Path) -> Path:
    """Return settings with little to load, and a recorder.

    The voice has a process of its own, as a device has that was just started: what other tests have
    had it say in this one would be heard.
    """
    path = tmp_path / "light.toml"
    path.write_text(LIGHT.format(folder=tmp_path / "memory"))
    return path


@pytest.fixture
def question(tmp_path: Path) -> Path:
    path = tmp_path / "question.wav"
    quiet = np.zeros(16_000, np.int16)
    write_wav(path, np.concatenate([quiet, speech("what time is it"), quiet, quiet, quiet]), 16_000)
    return path


def command(*arguments: str | Path) -> int:
    return run([str(each) for each in arguments])


def test_from_a_conversation_to_a_test_that_keeps_it(
    tmp_path: Path,
    light: Path,
    question: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # An engine that this process knows by name is nobody's code but its own.
    monkeypatch.setitem(_SPECS["asr"], "told", f"{SCRIPTED}:ScriptedASR")
    with light.open("a") as file:
        file.write('[asr]\ntype = "told"\ntexts = ["what time is it"]\n')
    state = tmp_path / "state"
    record = tmp_path / "session.wav"
    listening = ("run", "--card", "wav", "--input", question, "--fast", "--state-dir", state)
    assert command(*listening, "--config", light, "--record", record) == 0
    assert len(read_sound(record).samples) > 4 * 16_000
    bundle = tmp_path / "b.zip"
    assert command("bundle", "--config", light, "-o", bundle) == 0
    assert capsys.readouterr().out.splitlines()[-1] == str(bundle)
    assert bundle.stat().st_mode & 0o777 == 0o600
    assert "what time is it" in zipfile.ZipFile(bundle).read("events.jsonl").decode()

    heard, events, folder = tmp_path / "now.wav", tmp_path / "e.jsonl", tmp_path / "kept"
    more = ("-o", heard, "--events", events, "--save-test", folder, "--json")
    assert command("replay", bundle, *more) == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["differences"], found["exact"]) == ([], True)
    # The answer is spoken anew, at the same samples.
    assert found["voice_differs_at_s"] is None
    assert len(events.read_text().splitlines()) == found["events"]
    assert read_sound(heard).samples.any()

    assert sorted(path.name for path in folder.iterdir()) == ["b.zip", "test_b.py"]
    spec = importlib.util.spec_from_file_location("test_b", folder / "test_b.py")
    assert spec is not None
    assert spec.loader is not None
    saved = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(saved)
    saved.test_b()
    assert command("replay", bundle, "--save-test", folder) == 5
    assert "there is such a test already" in capsys.readouterr().err


def test_after_a_crash_the_last_moments_are_there(
    tmp_path: Path, light: Path, question: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with light.open("a") as file:
        file.write(f'[asr]\ntype = "{SCRIPTED}:ScriptedASR"\ntexts = ["a secret"]\n'
                   f'[vad]\ntype = "{SCRIPTED}:LoudnessVAD"\n')  # fmt: skip
    arguments = ["run", "--card", "wav", "--input", question, "--config", light,
                 "--state-dir", tmp_path / "state"]  # fmt: skip
    line = [sys.executable, "-m", "xtalk_edge", *map(str, arguments)]
    session = tmp_path / "session.wav"
    with subprocess.Popen([*line, "--record", str(session)], stdout=subprocess.PIPE) as child:
        assert child.stdout is not None
        try:
            while b" you " not in (told := child.stdout.readline()):
                assert told, "it ended"
            # It runs, and is asked; then it is killed where it stands.
            assert command("bundle", "--config", light, "-o", tmp_path / "alive.zip") == 0
        finally:
            os.kill(child.pid, signal.SIGKILL)
    assert "until now" in capsys.readouterr().err
    assert command("bundle", "--config", light, "-o", tmp_path / "dead.zip") == 0
    assert "before the crash" in capsys.readouterr().err
    alive, dead = read_bundle(tmp_path / "alive.zip"), read_bundle(tmp_path / "dead.zip")
    assert (alive.crashed, dead.crashed) == (False, True)
    assert not dead.recording.virtual
    size = len(alive.recording.raw)
    assert size > 0
    assert np.array_equal(dead.recording.raw[:size], alive.recording.raw)
    # The recording of the session is whole, too.
    frames = read_sound(session).samples
    assert len(frames) >= size

    # Only the words are secret, and they are not in a redacted one.
    assert command("bundle", "--config", light, "-o", tmp_path / "r.zip", "--redact") == 0
    assert command("replay", tmp_path / "r.zip") == 5
    assert "it was redacted" in capsys.readouterr().err
    # Code that a bundle names is not run.
    assert command("replay", tmp_path / "alive.zip") == 2
    assert "asr.type names code of its maker's own" in capsys.readouterr().err
    assert command("bundle", "--config", light, "--forget") == 0
    assert not (tmp_path / "memory" / "recorder" / NOW).exists()
    assert command("bundle", "--config", light) == 5
    assert "nothing is remembered here" in capsys.readouterr().err


def test_differences_are_told_as_a_table(
    tmp_path: Path, light: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "b.zip"
    said = event("ASRResultFinal", 0.2, text="buy \x1b[2J milk")
    write_bundle(path, bundle_of(8_000, said))
    assert command("replay", path, "--config", light, "--loose",
                   "--set", f"asr.type={SCRIPTED}:ScriptedASR", "--set", "asr.texts=[]",
                   "--set", f"vad.type={SCRIPTED}:LoudnessVAD") == 1  # fmt: skip
    out = capsys.readouterr().out
    assert "0.200  ASRResultFinal text='buy" in out
    assert "\x1b[2J" not in out
    assert "then" in out


def test_what_is_no_bundle_is_said_in_a_sentence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "b.zip"
    path.write_bytes(b"PK nonsense")
    assert command("replay", path) == 5
    err = capsys.readouterr().err
    assert "not a bundle" in err
    assert err.count("\n") == 1


def test_a_recording_must_be_called_wav(capsys: pytest.CaptureFixture[str]) -> None:
    assert command("run", "--record", "x.mp3") == 2
    assert "ends in .wav" in capsys.readouterr().err
