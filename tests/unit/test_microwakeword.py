"""Settings and model files of the wake word spotter; its hearing is in the contract suite."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pymicro_wakeword
import pytest

from tests.contract.sound import catalogue, cut, recording, silence
from xtalk_edge.engines.wake.microwakeword import MicroWakeWordSpotter, check_model
from xtalk_edge.errors import ConfigError, ModelError

BUILT_IN = Path(pymicro_wakeword.__file__).parent / "models"


@pytest.fixture
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("STATE_DIRECTORY", str(tmp_path / "state"))
    for name in ("alexa.json", "alexa.tflite"):
        shutil.copy(BUILT_IN / name, tmp_path)
    return tmp_path / "alexa.json"


def test_phrases_are_found_however_they_are_written() -> None:
    for written in ("hey_jarvis", "Hey  Jarvis", "HEY JARVIS"):
        assert MicroWakeWordSpotter(written).phrase == "hey jarvis"
    with pytest.raises(ConfigError, match="hey mycroft"):
        MicroWakeWordSpotter("computer")


@pytest.mark.parametrize(
    "params", [{"threshold": 1.0}, {"threshold": -0.1}, {"refractory_s": -1}, {"refractory_s": 61}]
)
def test_settings_out_of_range_are_refused(params: dict[str, Any]) -> None:
    with pytest.raises(ConfigError, match=f"wake.{next(iter(params))}"):
        MicroWakeWordSpotter(**params)


def test_the_refractory_time_counts_a_repeated_phrase_once() -> None:
    phrase = silence(0.5) + recording("wake/hey_mycroft/wyoming.wav") + silence(0.5)
    for refractory_s, expected in ((0.5, 2), (10.0, 1)):
        spotter = MicroWakeWordSpotter("hey mycroft", refractory_s=refractory_s)
        heard = [spotter.detect(phrase), spotter.detect(phrase)]
        assert sum(p is not None for p in heard) == expected


def test_a_higher_threshold_is_harder_to_reach() -> None:
    phrase = silence(0.5) + recording("wake/hey_mycroft/wyoming.wav") + silence(0.5)
    assert MicroWakeWordSpotter("hey mycroft", threshold=0.999).detect(phrase) is None


@pytest.mark.slow
def test_a_model_of_your_own(own: Path) -> None:
    check_model(str(own.with_suffix(".tflite")))
    spotter = MicroWakeWordSpotter(str(own))
    assert spotter.phrase == "alexa"
    phrase = silence(0.5) + recording("wake/alexa/pv_0.wav") + silence(0.5)
    assert spotter.detect(phrase) is not None


@pytest.mark.parametrize("damage", [b"", b"garbage", b"\x1c\0\0\0TFL3" + b"\xff" * 300])
@pytest.mark.slow
def test_a_damaged_model_of_your_own_is_a_sentence(own: Path, damage: bytes) -> None:
    own.with_suffix(".tflite").write_bytes(damage)
    with pytest.raises(ModelError, match=r"alexa\.tflite"):
        MicroWakeWordSpotter(str(own))


@pytest.mark.parametrize("key", ["model", "micro", "wake_word"])
def test_a_description_without_its_keys_is_a_sentence(own: Path, key: str) -> None:
    description = json.loads(own.read_text())
    del description[key]
    own.write_text(json.dumps(description))
    with pytest.raises(ModelError, match=key):
        MicroWakeWordSpotter(str(own))


def test_a_description_that_is_none_is_a_sentence(own: Path) -> None:
    for content in ("{", "[]", "\udcff"):
        own.write_text(content, encoding="utf-8", errors="surrogateescape")
        with pytest.raises(ModelError, match="not a microWakeWord description"):
            MicroWakeWordSpotter(str(own))
    own.unlink()
    with pytest.raises(ModelError, match="cannot be read"):
        MicroWakeWordSpotter(str(own))


@pytest.mark.parametrize("phrase", ["alexa", "hey jarvis", "hey mycroft", "okay nabu"])
@pytest.mark.slow
def test_people_are_understood(phrase: str) -> None:
    spotter = MicroWakeWordSpotter(phrase)
    folder = f"wake/{phrase.replace(' ', '_')}/"
    spoken = [e["file"] for e in catalogue() if e["file"].startswith(folder)]
    found = 0
    for file in spoken:
        spotter.reset()
        audio = silence(1.0) + recording(file) + silence(1.0)
        found += any(spotter.detect(piece) is not None for piece in cut(audio, 320))
    assert found >= 0.6 * len(spoken)
