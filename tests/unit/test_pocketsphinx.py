"""The starter recogniser: what it hears, what it refuses, and how it takes bad input."""

from __future__ import annotations

import random
import wave
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("pocketsphinx")

from models.starter.ears import recordings
from xtalk_edge.engines.asr import pocketsphinx as pocketsphinx_asr
from xtalk_edge.engines.asr.pocketsphinx import PocketSphinxASR
from xtalk_edge.errors import ModelError

AUDIO = Path(__file__).resolve().parents[3] / "shared" / "audio"
COMMANDS = AUDIO / "commands"
needs_commands = pytest.mark.skipif(not COMMANDS.is_dir(), reason="no ../shared/audio/commands")
needs_speech = pytest.mark.skipif(not AUDIO.is_dir(), reason="no ../shared/audio")

SMALL = """#JSGF V1.0;
grammar small;
public <command> = what time is it | turn on the lamp | stop;
"""


@pytest.fixture(scope="session")
def asr() -> PocketSphinxASR:
    return PocketSphinxASR()


def pcm(path: Path) -> bytes:
    with wave.open(str(path)) as file:
        frames: bytes = file.readframes(file.getnframes())
    return frames


def said(name: str) -> bytes:
    return pcm(next(COMMANDS.glob(f"*{name}*.wav")))


def grammar(tmp_path: Path, text: str) -> str:
    path = tmp_path / "home.jsgf"
    path.write_text(text, encoding="utf-8")
    return str(path)


@pytest.mark.slow
@needs_commands
def test_the_size_of_the_pieces_does_not_matter(asr: PocketSphinxASR) -> None:
    audio = said("what_time_is_it")
    assert asr.recognize(audio) == "what time is it"
    sure = asr.confidence()
    assert 0.5 < sure <= 1.0
    for size in (317, 20000):
        asr.reset()
        for start in range(0, len(audio), size):
            asr.recognize_stream(audio[start : start + size])
        assert asr.recognize_stream(b"", is_final=True) == "what time is it"
        # PocketSphinx keeps a trace of the utterance before.
        assert asr.confidence() == pytest.approx(sure, abs=0.15)


@needs_commands
@pytest.mark.slow
def test_partials_grow_into_the_text(asr: PocketSphinxASR) -> None:
    asr.reset()
    audio = said("whats_the_date_today")
    step = asr.stream_chunk_bytes_hint()
    partials = [asr.recognize_stream(audio[at : at + step]) for at in range(0, len(audio), step)]
    assert partials[0] == ""
    assert partials[-1] == asr.recognize_stream(b"", is_final=True) == "what's the date today"


@needs_commands
@pytest.mark.slow
def test_the_text_stays_until_new_audio_begins_anew(asr: PocketSphinxASR) -> None:
    text = asr.recognize(said("what_time_is_it"))
    assert asr.recognize_stream(b"") == text
    assert asr.recognize_stream(b"\0" * 6400) == ""
    asr.reset()
    assert asr.recognize_stream(b"", is_final=True) == ""
    assert asr.confidence() == 0.0


@pytest.mark.slow
@needs_commands
def test_a_clone_hears_the_same_by_itself(asr: PocketSphinxASR) -> None:
    other = asr.clone()
    asr.reset()
    asr.recognize_stream(said("play_the_beatles"))
    assert other.recognize(said("what_time_is_it")) == "what time is it"
    assert asr.recognize_stream(b"", is_final=True) == "play the beatles"


@needs_commands
@pytest.mark.slow
def test_what_is_too_long_for_a_command_is_refused(
    asr: PocketSphinxASR, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pocketsphinx_asr, "_LONGEST_BYTES", 32000)
    assert asr.recognize(said("what_time_is_it")) == ""
    assert asr.confidence() == 0.0


@pytest.mark.parametrize("audio", [b"", b"\0", b"\1" * 33, b"\0" * 6400], ids=len)
@pytest.mark.slow
def test_hardly_any_audio_is_nothing(asr: PocketSphinxASR, audio: bytes) -> None:
    assert asr.recognize(audio) == ""
    assert asr.confidence() < 0.1


def tone(seconds: float, level: float, offset: float = 0.0, hz: float = 220.0) -> bytes:
    at = np.arange(int(16000 * seconds)) / 16000
    wave_ = offset + level * np.sin(2 * np.pi * hz * at)
    return np.clip(wave_, -32768, 32767).astype("<i2").tobytes()


@pytest.mark.parametrize(
    "audio",
    [
        bytes(48000),
        random.Random(3).randbytes(40001),
        np.random.default_rng(3).normal(0, 300, 20000).astype("<i2").tobytes(),
        tone(1.2, 0.0, offset=32767),
        tone(1.2, 90000.0),
        tone(1.2, 3000.0),
    ],
    ids=["silence", "bytes", "hiss", "dc", "clipped", "hum"],
)
@pytest.mark.slow
def test_what_is_not_speech_is_refused(asr: PocketSphinxASR, audio: bytes) -> None:
    assert asr.recognize(audio) == ""
    assert asr.confidence() < 1.0


def test_a_missing_grammar_is_named(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"gone\.jsgf"):
        PocketSphinxASR(str(tmp_path / "gone.jsgf"))


def test_a_binary_grammar_is_named(tmp_path: Path) -> None:
    path = tmp_path / "bad.jsgf"
    path.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ModelError, match=r"bad\.jsgf"):
        PocketSphinxASR(str(path))


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "no words"),
        ("#JSGF V1.0; grammar g; public <c> = stop the", "cannot load"),
        (SMALL.replace("lamp", "frobnicator"), "frobnicator"),
    ],
)
@pytest.mark.slow
def test_a_wrong_grammar_says_what_is_wrong(tmp_path: Path, text: str, problem: str) -> None:
    with pytest.raises(ModelError, match=problem):
        PocketSphinxASR(grammar(tmp_path, text))


@pytest.mark.slow
def test_words_can_be_taught(tmp_path: Path) -> None:
    rules = grammar(tmp_path, SMALL.replace("lamp", "frobnicator"))
    taught = PocketSphinxASR(rules, words={"frobnicator": "F R AA B N AH K EY T ER"})
    assert taught.recognize(bytes(32000)) == ""


@needs_commands
@pytest.mark.slow
def test_the_threshold_decides(tmp_path: Path) -> None:
    strict = PocketSphinxASR(grammar(tmp_path, SMALL), threshold=1.1)
    assert strict.recognize(said("what_time_is_it")) == ""
    assert strict.confidence() > 0.0
    lax = PocketSphinxASR(grammar(tmp_path, SMALL), threshold=0.0)
    assert lax.recognize(said("play_the_beatles")) != ""


@pytest.mark.slow
@needs_commands
def test_people_are_understood(asr: PocketSphinxASR) -> None:
    for recording in recordings.exam_people(AUDIO):
        if recording.group == recordings.COMMANDS:
            assert asr.recognize(recording.audio) == recording.text, recording.name


@pytest.mark.slow
@needs_speech
@pytest.mark.timeout(600)
def test_what_people_say_to_others_is_refused(asr: PocketSphinxASR) -> None:
    talk = [each for each in recordings.exam_people(AUDIO) if each.group != recordings.COMMANDS]
    some = list(recordings.share(talk, one_in=12))
    assert len(some) > 8
    assert [each.name for each in some if asr.recognize(each.audio)] == []
