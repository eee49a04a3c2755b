"""What only Piper's voices promise; the rest is in the contract suite."""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path

import numpy as np
import pytest

from tests.tiny_onnx import tiny_onnx
from tests.tiny_tone import HOP_FRAMES
from tests.tiny_voice import HOPS_A_PHONEME, write_voice
from xtalk_edge.engines import registry
from xtalk_edge.engines.interfaces import SpeechChunk
from xtalk_edge.engines.tts import piper
from xtalk_edge.engines.tts.piper import PiperTTS
from xtalk_edge.errors import ConfigError, EngineError, ModelError


@pytest.fixture(autouse=True)
def own_state(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STATE_DIRECTORY", str(tmp_path_factory.getbasetemp() / "piper-state"))


def frames(chunks: list[SpeechChunk]) -> int:
    return sum(len(chunk.pcm) // 2 for chunk in chunks)


def marked(chunks: list[SpeechChunk], text: str) -> list[tuple[str, int]]:
    return [(text[m.text_start : m.text_end], m.at_frame) for chunk in chunks for m in chunk.marks]


@pytest.mark.slow
def test_a_voice_that_is_timed_says_where_each_word_begins(tmp_path: Path) -> None:
    voice = PiperTTS(str(write_voice(tmp_path)))
    text = "Hello, good world. Yes!"
    chunks = list(voice.synthesize_marked(text))
    words = marked(chunks, text)
    assert [word for word, _ in words] == ["Hello,", "good", "world.", "Yes!"]
    phoneme = HOPS_A_PHONEME * HOP_FRAMES
    # A beginning and a pad come before the first phoneme.
    assert words[0][1] == 2 * phoneme
    starts = [frame for _, frame in words]
    assert starts == sorted(starts)
    assert all(frame % phoneme == 0 for frame in starts[:3])
    assert starts[-1] < frames(chunks)


@pytest.mark.slow
def test_without_timing_and_for_numbers_nobody_claims_to_know(tmp_path: Path) -> None:
    plain = PiperTTS(str(write_voice(tmp_path, timed=False)))
    assert marked(list(plain.synthesize_marked("Hello, world.")), "Hello, world.") == []
    (tmp_path / "timed").mkdir()
    timed = PiperTTS(str(write_voice(tmp_path / "timed")))
    assert marked(list(timed.synthesize_marked("In 2024 it rained.")), "In 2024 it rained.") == []


def test_speed_and_volume_are_heard(tmp_path: Path) -> None:
    path = str(write_voice(tmp_path))
    usual, slow = PiperTTS(path), PiperTTS(path, speed=0.5)
    one, two = usual.synthesize("Hello there"), slow.synthesize("Hello there")
    spoken, drawled = np.frombuffer(one, "<i2"), np.frombuffer(two, "<i2")
    assert np.count_nonzero(drawled) == pytest.approx(2 * np.count_nonzero(spoken), rel=0.01)
    assert usual.set_speed(0.5)
    assert usual.synthesize("Hello there") == two
    loud = np.frombuffer(PiperTTS(path, volume=2.0).synthesize("Hello there"), "<i2")
    assert np.abs(loud).max() == pytest.approx(2 * np.abs(spoken).max(), rel=0.01)
    clipped = np.frombuffer(PiperTTS(path, volume=4.0).synthesize("Hello there"), "<i2")
    assert clipped.max() == 32767
    for setting, value in (("speed", 0.4), ("speed", 3.0), ("volume", -1.0), ("volume", 5.0)):
        with pytest.raises(ConfigError, match=rf"tts\.{setting}: must be"):
            PiperTTS(path, **{setting: value})  # type: ignore[arg-type]


@pytest.mark.slow
def test_a_voice_of_several_speakers_has_names(tmp_path: Path) -> None:
    path = str(write_voice(tmp_path, speakers=2))
    voice = PiperTTS(path, speaker="bob")
    assert list(voice.voices()) == ["bob", "ann"]
    voice.set_voice(["carl", "0"])
    assert list(voice.voices()) == ["ann", "bob"]
    assert voice.synthesize("Hello")
    with pytest.raises(ConfigError, match=r"tts\.speaker: .*carl"):
        PiperTTS(path, speaker="carl")
    with pytest.raises(ValueError, match="7"):
        voice.set_voice(["7"])


def test_long_sentences_come_clause_by_clause(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    voice = PiperTTS(str(write_voice(tmp_path)))
    calls: list[int] = []
    speak = voice._speak

    def counted(phonemes: list[str]) -> object:
        calls.append(len(phonemes))
        return speak(phonemes)

    monkeypatch.setattr(voice, "_speak", counted)
    stream = iter(voice.synthesize_marked("A clause that goes on for a while, and one more. " * 9))
    next(stream)
    assert len(calls) <= 3
    list(stream)
    assert len(calls) > 5


@pytest.mark.slow
def test_what_is_no_voice_is_refused(tmp_path: Path) -> None:
    path = write_voice(tmp_path)
    settings = Path(f"{path}.json")
    whole = settings.read_text()
    for content, said in (
        ("", "is damaged"),
        ("[]", "is damaged"),
        ("{}", "is damaged"),
        (json.dumps({"audio": {"sample_rate": "x"}, "phoneme_id_map": {}}), "describes no voice"),
        (whole.replace('"espeak", "num', '"pinyin", "num'), "pinyin are not supported"),
        (whole.replace('"voice": "en-us"', '"voice": "tlh-none"'), "damaged or of the wrong"),
        (whole.replace('"num_symbols": 256,', ""), "damaged"),
    ):
        settings.write_text(content)
        with pytest.raises(ModelError, match=said):
            PiperTTS(str(path))
    settings.unlink()
    with pytest.raises(ModelError, match="json is missing"):
        PiperTTS(str(path))
    settings.write_text(whole)
    for network in (b"", b"<html>404</html>", path.read_bytes()[:-100], tiny_onnx({})):
        path.write_bytes(network)
        with pytest.raises(ModelError):
            PiperTTS(str(path))
    with pytest.raises(ModelError, match="is missing"):
        PiperTTS(str(tmp_path / "none.onnx"))


def test_a_folder_is_one_voice(tmp_path: Path) -> None:
    write_voice(tmp_path)
    assert PiperTTS(str(tmp_path)).synthesize("Hello")
    (tmp_path / "other.onnx").write_bytes(b"")
    with pytest.raises(ModelError, match=r"several .onnx files \(other.onnx, voice.onnx\)"):
        PiperTTS(str(tmp_path))
    (tmp_path / "empty").mkdir()
    with pytest.raises(ModelError, match=r"no \.onnx file"):
        PiperTTS(str(tmp_path / "empty"))


def test_without_the_library_or_its_data_it_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write_voice(tmp_path)
    with monkeypatch.context() as patch:
        patch.setattr("piper.phonemize_espeak.ESPEAK_DATA_DIR", tmp_path / "nothing")
        with pytest.raises(EngineError, match="install piper-tts again"):
            piper.load_voice(path)
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(EngineError, match="pip install piper-tts"):
        registry.create("tts", "piper", {"model": str(path)})


def test_it_shares_a_process_with_espeak(tmp_path: Path) -> None:
    voice, robot = PiperTTS(str(write_voice(tmp_path))), registry.create("tts", "espeak", {})
    for _ in range(3):
        assert voice.synthesize("what time is it")
        assert len(robot.synthesize("what time is it")) > 20_000
