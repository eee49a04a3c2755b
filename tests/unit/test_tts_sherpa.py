"""Kinds and files of sherpa-onnx's voices; how they speak is in the contract suite."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest
import sherpa_onnx

from tests.tiny_sherpa_voice import FACTS, write_sherpa_voice
from xtalk_edge.engines.tts import sherpa
from xtalk_edge.engines.tts.sherpa import MOST_PHONEMES, SherpaTTS, check_model, phoneme_sentences
from xtalk_edge.engines.tts.sherpa_voices import VOICE_KINDS, inspect_voice
from xtalk_edge.errors import ConfigError, EngineError, ModelError

KINDS = sorted(FACTS)
NUMBERS = "999,999,999,999 " * 7


@pytest.mark.parametrize("kind", KINDS)
def test_each_kind_speaks(tmp_path: Path, kind: str) -> None:
    folder = str(write_sherpa_voice(tmp_path, kind))
    usual, quick = SherpaTTS(folder), SherpaTTS(folder, speed=2.0, volume=0.5)
    text = "Hello, world. How are you?"
    assert len(quick.synthesize(text)) < 0.7 * len(usual.synthesize(text))
    loud, quiet = (np.frombuffer(each.synthesize(text), "<i2") for each in (usual, quick))
    assert int(loud.max()) == pytest.approx(2 * int(quiet.max()), rel=0.01)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.slow
def test_figures_that_are_long_to_say_do_not_end_the_process(tmp_path: Path, kind: str) -> None:
    assert SherpaTTS(str(write_sherpa_voice(tmp_path, kind))).synthesize(NUMBERS)
    sentences = phoneme_sentences("en-us", NUMBERS)
    assert sum(map(len, sentences)) > 2 * MOST_PHONEMES
    assert max(map(len, sentences)) <= MOST_PHONEMES


def test_speakers_have_names(tmp_path: Path) -> None:
    folder = str(write_sherpa_voice(tmp_path, "kokoro"))
    voice = SherpaTTS(folder, speaker="bob")
    assert voice.voices() == {"bob": "bob", "ann": "ann"}
    other = voice.clone()
    other.set_voice(["nobody", "ann"])
    assert next(iter(other.voices())) == "ann"
    assert next(iter(voice.voices())) == "bob"
    with pytest.raises(ConfigError, match=r"tts\.speaker: .*eve"):
        SherpaTTS(folder, speaker="eve")


def test_speed_goes_as_far_as_voices_go(tmp_path: Path) -> None:
    voice = SherpaTTS(str(write_sherpa_voice(tmp_path)))
    usual = len(voice.synthesize("Hello, world."))
    assert voice.set_speed(100.0)
    assert len(voice.synthesize("Hello, world.")) < usual
    for settings in ({"speed": 0.1}, {"volume": 9.0}, {"threads": 0}):
        with pytest.raises(ConfigError, match=rf"tts\.{next(iter(settings))}"):
            SherpaTTS(str(tmp_path), **settings)


def test_voices_without_espeak_read_the_text(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sherpa, "phoneme_sentences", lambda *_: pytest.fail("no phonemes wanted"))
    folder = write_sherpa_voice(tmp_path, facts=FACTS["vits"] | {"has_espeak": 0, "frontend": "x"})
    assert inspect_voice(folder).espeak_voice == ""


def test_a_lexicon_and_rules_belong_to_the_voice(tmp_path: Path) -> None:
    write_sherpa_voice(tmp_path)
    for name in ("lexicon-us-en.txt", "lexicon-zh.txt", "date.fst"):
        (tmp_path / name).write_bytes(b"x")
    voice = inspect_voice(tmp_path)
    assert [each.name for each in voice.lexicons] == ["lexicon-us-en.txt", "lexicon-zh.txt"]
    assert [each.name for each in voice.rules] == ["date.fst"]
    assert len(voice.files) == 5


def test_every_kind_has_its_settings_in_the_library() -> None:
    for kind in VOICE_KINDS:
        assert hasattr(sherpa_onnx, kind.settings)
        assert hasattr(sherpa_onnx.OfflineTtsModelConfig(), kind.name)


def test_what_is_no_voice_is_refused(tmp_path: Path) -> None:
    empty = tmp_path / "empty"
    empty.mkdir()
    with pytest.raises(ModelError, match="no network"):
        SherpaTTS(str(empty))
    for kind, lost, says in (
        ("kokoro", "voices.bin", "no file for its voices"),
        ("matcha", "vocos.onnx", "no file for its vocoder"),
        ("vits", "tokens.txt", "tokens cannot be read"),
        ("vits", "model.onnx", "no network"),
    ):
        folder = tmp_path / lost
        folder.mkdir(exist_ok=True)
        write_sherpa_voice(folder, kind)
        (folder / lost).unlink()
        with pytest.raises(ModelError, match=says):
            SherpaTTS(str(folder))
    whole = tmp_path / "whole"
    whole.mkdir()
    write_sherpa_voice(whole)
    shutil.copy(whole / "model.onnx", whole / "model2.onnx")
    with pytest.raises(ModelError, match="more than one network"):
        SherpaTTS(str(whole))
    assert SherpaTTS(str(whole / "model2.onnx")).synthesize("One.")


@pytest.mark.parametrize(
    ("facts", "says"),
    [
        ({"model_type": "none"}, "no voice that is known"),
        ({"sample_rate": "fast"}, "does not say its sample rate"),
        # Found by the library itself, in a child, which it ends.
        ({"n_speakers": "x"}, "damaged or of the wrong kind"),
        ({"style_dim": "1"}, "damaged or of the wrong kind"),
        ({"voice": "martian"}, "damaged or of the wrong kind"),
    ],
)
@pytest.mark.slow
def test_metadata_that_would_end_the_process_are_refused(
    tmp_path: Path, facts: dict[str, object], says: str
) -> None:
    write_sherpa_voice(tmp_path, "kokoro", FACTS["kokoro"] | facts)
    with pytest.raises(ModelError, match=says):
        SherpaTTS(str(tmp_path))


@pytest.mark.parametrize("tokens", ["a\u026a 161 2\n", "a b\n", "\xff"])
def test_tokens_that_would_end_the_process_are_refused(tmp_path: Path, tokens: str) -> None:
    write_sherpa_voice(tmp_path)
    (tmp_path / "tokens.txt").write_text(tokens, encoding="latin-1" if tokens == "\xff" else None)
    with pytest.raises(ModelError, match=r"tokens\.txt"):
        SherpaTTS(str(tmp_path))


@pytest.mark.usefixtures("without_sherpa_onnx")
def test_without_the_library_it_says_what_to_install(tmp_path: Path) -> None:
    with pytest.raises(EngineError, match="pip install sherpa-onnx"):
        SherpaTTS(str(write_sherpa_voice(tmp_path)))


def test_without_phonemes_it_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = str(write_sherpa_voice(tmp_path))
    with monkeypatch.context() as patch:
        patch.setattr("importlib.util.find_spec", lambda _name: None)
        with pytest.raises(EngineError, match="pip install piper-tts"):
            SherpaTTS(folder)
    with monkeypatch.context() as patch:
        patch.setattr("piper.phonemize_espeak.ESPEAK_DATA_DIR", tmp_path / "none")
        with pytest.raises(EngineError, match="install piper-tts again"):
            phoneme_sentences("en-us", "One.")


def test_the_check_lets_a_voice_speak(tmp_path: Path) -> None:
    check_model(str(write_sherpa_voice(tmp_path) / "model.onnx"))
