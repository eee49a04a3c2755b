"""The command line: answers, sentences and exit codes."""

from __future__ import annotations

import datetime
import json
import os
from collections.abc import Sequence
from pathlib import Path

import click
import numpy as np
import pytest
import soundfile

from tests.scripted import LOUD
from xtalk_edge.audio.sound_file import read_sound, write_wav
from xtalk_edge.cli.commands import cli
from xtalk_edge.cli.main import run
from xtalk_edge.cli.options import read_config
from xtalk_edge.clock import wall_now
from xtalk_edge.engines.tts.espeak import EspeakTTS
from xtalk_edge.models.shelf import FOLDER_VARIABLE

SCRIPTED = Path(__file__).parents[1] / "scripted.py"


class Outcome:
    """What a command printed and returned."""

    def __init__(self, code: int, out: str, err: str) -> None:
        self.code = code
        self.out = out
        self.err = err


@pytest.fixture
def xtalk(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    """Return a function that runs a command with a state folder of its own."""
    monkeypatch.setenv("STATE_DIRECTORY", str(tmp_path / "state"))
    monkeypatch.setenv(FOLDER_VARIABLE, str(tmp_path / "models"))
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "home"))

    def call(*arguments: str | Path) -> Outcome:
        code = run([str(argument) for argument in arguments])
        captured = capsys.readouterr()
        return Outcome(code, captured.out, captured.err)

    return call


@pytest.fixture
def scripted(tmp_path: Path) -> Path:
    """Return settings with a recogniser, an agent and a voice detector that do as they are told.

    Of sixty renditions of a question by espeak-ng, clipped by conversion, Silero misses one.
    """
    path = tmp_path / "scripted.toml"
    path.write_text(
        f"""
[wake]
mode = "always"
[asr]
type = "{SCRIPTED}:ScriptedASR"
texts = ["what time is it", "tell me more"]
[agent]
type = "{SCRIPTED}:ScriptedAgent"
replies = ["It is ten past four.", "There is no more."]
[vad]
type = "{SCRIPTED}:LoudnessVAD"
"""
    )
    return path


@pytest.fixture
def question(tmp_path: Path) -> Path:
    """Return a recording of a question."""
    voice = EspeakTTS()
    speech = np.frombuffer(voice.synthesize("what time is it"), np.int16)
    silence = np.zeros(voice.sample_rate // 2, np.int16)
    path = tmp_path / "question.wav"
    write_wav(path, np.concatenate((silence, speech)), voice.sample_rate)
    return path


def converse(xtalk, scripted: Path, recording: Path, *more: str | Path) -> Outcome:
    outcome: Outcome = xtalk(
        "run", "--card", "wav", "--input", recording, "--fast", "--config", scripted, *more
    )
    return outcome


# -- help --------------------------------------------------------------------------------------


def test_help_names_every_command_and_exit_code(xtalk) -> None:
    outcome = xtalk("--help")
    assert outcome.code == 0
    for name in cli.list_commands(click.Context(cli)):
        assert f"  {name}" in outcome.out
    assert "130 interrupted" in outcome.out


@pytest.mark.parametrize(
    "command",
    ["run", "demo", "say", "ask", "transcribe", "devices", "config", "bench", "bench bus"],
)
def test_every_command_explains_itself(xtalk, command: str) -> None:
    outcome = xtalk(*command.split(), "--help")
    assert outcome.code == 0
    assert "Usage: xtalk-edge" in outcome.out


def test_the_version_is_told(xtalk) -> None:
    assert xtalk("--version").out.startswith("xtalk-edge, version ")


# -- a conversation with a file ----------------------------------------------------------------


@pytest.mark.slow
def test_whoever_asks_with_a_file_is_told_the_time_it_is(xtalk, question: Path) -> None:
    begun = wall_now()
    always = ("--set", "wake.mode=always")
    outcome = xtalk("run", "--card", "wav", "--input", question, "--fast", *always)
    assert outcome.code == 0, outcome.err
    soon = (begun + datetime.timedelta(minutes=minutes) for minutes in range(3))
    assert any(f"It's {moment:%-I:%M %p}." in outcome.out for moment in soon)


@pytest.mark.slow
def test_a_file_is_answered_aloud(xtalk, scripted: Path, question: Path, tmp_path: Path) -> None:
    answer, events = tmp_path / "answer.wav", tmp_path / "events.jsonl"
    outcome = converse(xtalk, scripted, question, "--output", answer, "--events", events)
    assert outcome.code == 0, outcome.err
    assert "what time is it" in outcome.out
    assert "It is ten past four." in outcome.out
    assert np.abs(read_sound(answer).samples).max() > LOUD
    records = [json.loads(line) for line in events.read_text().splitlines()]
    assert all({"event", "at_s", "turn_id"} <= record.keys() for record in records)
    assert "TTSPlaybackFinished" in {record["event"] for record in records}


@pytest.mark.parametrize(
    ("subtype", "rate_hz", "channels"),
    [("PCM_16", 8000, 1), ("PCM_24", 44100, 2), ("FLOAT", 48000, 2), ("PCM_U8", 16000, 1)],
)
@pytest.mark.slow
def test_unusual_recordings_are_converted(
    xtalk, scripted: Path, question: Path, tmp_path: Path, subtype: str, rate_hz: int, channels: int
) -> None:
    sound = read_sound(question, rate_hz)
    path = tmp_path / "unusual.wav"
    frames = np.repeat(sound.samples[:, None], channels, axis=1)
    soundfile.write(path, frames, rate_hz, subtype)
    outcome = converse(xtalk, scripted, path)
    assert outcome.code == 0, outcome.err
    assert "It is ten past four." in outcome.out


@pytest.mark.parametrize("kind", ["silence", "noise"])
@pytest.mark.slow
def test_silence_and_noise_are_no_turn(xtalk, scripted: Path, tmp_path: Path, kind: str) -> None:
    level = 0 if kind == "silence" else 300
    samples = np.random.default_rng(1).normal(0, 1, 48000) * level
    path = tmp_path / "quiet.wav"
    write_wav(path, samples.astype(np.int16), 16000)
    outcome = converse(xtalk, scripted, path)
    assert outcome.code == 0
    assert "you" not in outcome.out.split()
    assert "device" not in [line.split()[0] for line in outcome.out.splitlines() if line.split()]


# -- bad input ---------------------------------------------------------------------------------


def one_sentence(outcome: Outcome, code: int, *words: str) -> None:
    assert outcome.code == code
    assert outcome.err.count("\n") == 1
    assert outcome.err.startswith("xtalk-edge: ")
    assert "Traceback" not in outcome.err
    for word in words:
        assert word in outcome.err


def test_a_missing_recording_is_named(xtalk, scripted: Path) -> None:
    one_sentence(converse(xtalk, scripted, Path("/nowhere/q.wav")), 5, "/nowhere/q.wav")


@pytest.mark.parametrize("content", [b"", b"this is no sound", b"RIFF\x00\x00\x00\x00WAVEfmt "])
def test_a_broken_recording_is_named(xtalk, scripted: Path, tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "broken.wav"
    path.write_bytes(content)
    one_sentence(converse(xtalk, scripted, path), 5, "broken.wav")


@pytest.mark.slow
def test_a_folder_that_is_missing_is_named(xtalk, scripted: Path, question: Path) -> None:
    outcome = converse(xtalk, scripted, question, "--output", "/nowhere/a.wav")
    one_sentence(outcome, 5, "/nowhere/a.wav")


def test_no_output_is_left_behind_by_a_failure(
    xtalk, scripted: Path, question: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "out"
    folder.mkdir()
    outcome = converse(
        xtalk, scripted, question, "--output", folder / "a.wav", "--events", "/nowhere/e.jsonl"
    )
    one_sentence(outcome, 5, "/nowhere/e.jsonl")
    assert not list(folder.iterdir())


@pytest.mark.parametrize(
    ("setting", "words"),
    [
        ("audio.rate_hz=4000", ["audio.rate_hz: must be at least 8000, got 4000"]),
        ("audio.rate=48000", ["audio.rate: unknown setting", "did you mean 'rate_hz'"]),
        ("asr.type=sherpaa", ["asr.type", "sherpaa", "pocketsphinx"]),
        ("asr.grammer=x", ["asr.grammer", "grammar"]),
        ("tts.voice=martian", ["tts.voice", "martian"]),
        ("wake.phrase=hello", ["phrase", "hello", "okay nabu"]),
    ],
)
@pytest.mark.slow
def test_a_wrong_setting_is_explained_before_anything_starts(
    xtalk, question: Path, setting: str, words: Sequence[str]
) -> None:
    outcome = xtalk("run", "--card", "wav", "--input", question, "--fast", "--set", setting)
    one_sentence(outcome, 2, *words)


def test_a_wrong_file_is_explained_with_its_line(xtalk, tmp_path: Path) -> None:
    path = tmp_path / "edge.toml"
    path.write_text("[audio]\n\n\nrate_hz = 4000\n")
    outcome = xtalk("config", "check", "--config", path)
    one_sentence(outcome, 2, "edge.toml:4: audio.rate_hz: must be at least 8000, got 4000")


def test_malformed_settings_are_explained_with_their_line(xtalk, tmp_path: Path) -> None:
    path = tmp_path / "edge.toml"
    path.write_text("[audio\nrate_hz = 4000\n")
    one_sentence(xtalk("config", "check", "--config", path), 2, "edge.toml:1")


def test_settings_of_engines_are_checked_too(xtalk, tmp_path: Path) -> None:
    path = tmp_path / "edge.toml"
    path.write_text('[tts]\ntype = "espeak"\nvoicee = "en"\n')
    one_sentence(xtalk("config", "check", "--config", path), 2, "edge.toml:3: tts.voicee", "voice")


@pytest.mark.parametrize("content", [None, b"", b"GGUF", b"\x00" * 4096, b"GGUF" + b"\xff" * 4096])
@pytest.mark.slow
def test_a_missing_or_corrupt_model_is_named(xtalk, tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "brain.gguf"
    if content is not None:
        path.write_bytes(content)
    one_sentence(xtalk("ask", "hello", "--set", f"agent.model={path}"), 3, "brain.gguf")


def test_a_wav_card_needs_a_recording(xtalk) -> None:
    outcome = xtalk("run", "--card", "wav")
    assert outcome.code == 2
    assert "--input" in outcome.err


def test_file_options_need_the_wav_card(xtalk, question: Path) -> None:
    outcome = xtalk("run", "--card", "portaudio", "--input", question)
    assert outcome.code == 2
    assert "--card wav" in outcome.err


def test_an_unknown_command_is_named(xtalk) -> None:
    outcome = xtalk("listen")
    assert outcome.code == 2
    assert "listen" in outcome.err


@pytest.mark.slow
def test_an_unknown_device_is_answered_with_a_sentence(xtalk) -> None:
    outcome = xtalk("run", "--set", "audio.input_device=no such device")
    assert outcome.code == 5
    assert "Traceback" not in outcome.err


# -- say, config, devices ----------------------------------------------------------------------


def test_a_text_is_said_into_a_file(xtalk, tmp_path: Path) -> None:
    path = tmp_path / "dinner.wav"
    outcome = xtalk("say", "Dinner is ready.", "-o", path)
    assert outcome.code == 0
    assert 0.5 < read_sound(path).seconds < 3.0


def test_nothing_cannot_be_said(xtalk, tmp_path: Path) -> None:
    outcome = xtalk("say", "  ", "-o", tmp_path / "a.wav")
    assert outcome.code == 2
    assert not (tmp_path / "a.wav").exists()


def test_the_settings_in_force_can_be_saved_and_used(xtalk, tmp_path: Path) -> None:
    shown = xtalk("config", "show", "--set", "turn.silence_ms=400")
    path = tmp_path / "mine.toml"
    path.write_text(shown.out)
    assert "silence_ms = 400" in shown.out
    assert xtalk("config", "check", "--config", path).code == 0
    assert xtalk("config", "show", "--config", path).out == shown.out


def test_devices_are_listed_or_their_absence_is_told(xtalk) -> None:
    outcome = xtalk("devices")
    assert outcome.code == 0
    assert outcome.out


def test_what_engines_keep_outlives_a_folder_that_is_thrown_away(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("STATE_DIRECTORY", "/usual")
    monkeypatch.setenv(FOLDER_VARIABLE, str(tmp_path / "models"))
    assert read_config(None, (), tmp_path, passing=True).store.folder() == tmp_path
    assert os.environ["STATE_DIRECTORY"] == "/usual"
    assert read_config(None, (), tmp_path).store.folder() == tmp_path
    assert os.environ["STATE_DIRECTORY"] == str(tmp_path)


def test_state_is_kept_where_it_was_asked(xtalk, tmp_path: Path) -> None:
    folder = tmp_path / "my 'state'"
    outcome = xtalk("config", "show", "--set", f"store.state_dir={folder}")
    assert str(folder) in outcome.out
    assert os.environ["STATE_DIRECTORY"] == str(folder)
