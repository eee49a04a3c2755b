"""The starter engines themselves, in conversations as fast as the machine can hold them."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path

import numpy as np
import pytest

from xtalk_edge.audio.format import RATE_HZ, Samples, pcm_to_samples
from xtalk_edge.audio.resample import convert
from xtalk_edge.audio.sound_file import read_sound, write_wav
from xtalk_edge.cli.main import run
from xtalk_edge.clock import wall_now
from xtalk_edge.engines.tts.espeak import EspeakTTS
from xtalk_edge.scenes.verdict import wanted_pattern
from xtalk_edge.store.database import FILE_NAME

QUESTIONS = {
    "what time is it": "get_time",
    "set a timer for ten minutes": "set_timer",
    "what's the date today": "get_date",
    "tell me a joke": "tell_joke",
}
ANSWER_S = 6.0
"""Silence left for each answer."""


@pytest.fixture(scope="module")
def four_questions(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a recording of about 30 s with four questions."""
    voice = EspeakTTS(voice="en-us+klatt4")
    pieces: list[Samples] = [np.zeros(voice.sample_rate, np.int16)]
    for question in QUESTIONS:
        pieces.append(pcm_to_samples(voice.synthesize(question)))
        pieces.append(np.zeros(round(ANSWER_S * voice.sample_rate), np.int16))
    path = tmp_path_factory.mktemp("questions") / "four.wav"
    write_wav(path, np.concatenate(pieces), voice.sample_rate)
    return path


def converse(recording: Path, folder: Path, name: str) -> list[dict[str, object]]:
    """Hold the conversation on the virtual clock and return its events."""
    events = folder / f"{name}.jsonl"
    state = Path(os.environ["STATE_DIRECTORY"])
    # Nothing is remembered of the conversations before, but what engines keep of their models is.
    for database in state.glob(f"{FILE_NAME}*"):
        database.unlink()
    code = run(
        f"run --card wav --input {recording} --output {folder / name}.wav --fast "
        f"--set wake.mode=always --state-dir {state} --events {events}".split()
    )
    assert code == 0
    return [json.loads(line) for line in events.read_text().splitlines()]


def of_kind(events: list[dict[str, object]], kind: str) -> list[dict[str, object]]:
    return [event for event in events if event["event"] == kind]


def test_four_questions_are_answered(four_questions: Path, tmp_path: Path) -> None:
    events = converse(four_questions, tmp_path, "a")
    understood = [event["text"] for event in of_kind(events, "ASRResultFinal")]
    assert understood == list(QUESTIONS)
    called = [event["name"] for event in of_kind(events, "ToolCallOccurred")]
    assert called == list(QUESTIONS.values())
    assert len(of_kind(events, "TTSPlaybackFinished")) == len(QUESTIONS)


def test_the_time_asked_by_a_person_is_told(
    shared_audio: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    recording = shared_audio / "commands" / "voice2json_what_time_is_it.wav"
    converse(recording, tmp_path, "time")
    assert re.search(wanted_pattern("{time}", wall_now()), capsys.readouterr().out)
    answer = read_sound(tmp_path / "time.wav", RATE_HZ).samples
    assert np.abs(answer).max() > 1000


@pytest.mark.parametrize(
    ("recording", "words"),
    [
        ("rhasspy3_whats_the_date_today.wav", "Today is"),
        ("rhasspy3_turn_on_the_lamp.wav", "No device is connected"),
        ("rhasspy3_play_the_beatles.wav", "I can't play music without"),
    ],
)
def test_people_get_a_fitting_or_an_honest_answer(
    shared_audio: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    recording: str,
    words: str,
) -> None:
    converse(shared_audio / "commands" / recording, tmp_path, "answer")
    assert words in capsys.readouterr().out


def test_speech_without_end_gives_bounded_turns(tmp_path: Path) -> None:
    voice = EspeakTTS()
    speech = pcm_to_samples(voice.synthesize("and then we went on and on " * 30))
    speech = convert(speech, voice.sample_rate, RATE_HZ)
    path = tmp_path / "endless.wav"
    write_wav(path, speech, RATE_HZ)
    events = converse(path, tmp_path, "endless")
    starts = {e["turn_id"]: e["from_sample"] for e in of_kind(events, "TurnASRStartRequested")}
    for end in of_kind(events, "TurnASREndRequested"):
        length_s = (int(str(end["at_sample"])) - int(str(starts[end["turn_id"]]))) / RATE_HZ
        assert length_s <= 20.0 + 0.1
    assert len(of_kind(events, "TurnASREndRequested")) >= len(speech) / RATE_HZ / 25


def test_the_demo_conversation_is_as_it_should_be(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code = run(["demo", "--fast", "-o", str(tmp_path / "demo.wav")])
    assert code == 0, capsys.readouterr().out
    assert read_sound(tmp_path / "demo.wav").seconds > 20
