"""Settings and model files of the keyword spotter; its hearing is in the contract suite."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.contract.sound import noise, silence
from tests.tiny_transducer import ENCODER_FACTS, TOKENS, write_transducer
from xtalk_edge.config.files import data_path
from xtalk_edge.engines import registry
from xtalk_edge.engines.asr.sherpa_streaming import STARTER
from xtalk_edge.engines.wake.sherpa import SherpaWakeWord, check_model
from xtalk_edge.errors import ConfigError, EngineError, ModelError

BURSTS = 2 * (silence(0.5) + noise(0.3).tobytes() + silence(0.7))


def spotter(folder: Path, phrase: str = "loud quiet", **settings: Any) -> SherpaWakeWord:
    settings = {"threshold": 0.7, **settings}
    return SherpaWakeWord(str(write_transducer(folder)), phrase, **settings)


def hits(found: SherpaWakeWord) -> int:
    pieces = [BURSTS[at : at + 3200] for at in range(0, len(BURSTS), 3200)]
    return sum(found.detect(piece) is not None for piece in pieces)


@pytest.mark.slow
def test_a_phrase_is_spelled_by_the_model_or_by_hand(tmp_path: Path) -> None:
    assert spotter(tmp_path, "Loud  Quiet").phrase == "loud quiet"
    by_hand = spotter(tmp_path, "Computer", spelling="\u2581loud \u2581quiet")
    assert by_hand.phrase == "computer"
    assert hits(by_hand) == 2
    assert hits(spotter(tmp_path, "quiet loud")) == 0


def test_the_refractory_time_counts_a_repeated_phrase_once(tmp_path: Path) -> None:
    assert hits(spotter(tmp_path, refractory_s=2.0)) == 1


def test_a_threshold_that_is_not_reached_keeps_it_asleep(tmp_path: Path) -> None:
    assert hits(spotter(tmp_path, threshold=0.99)) == 0


@pytest.mark.parametrize(
    ("settings", "name"),
    [
        ({"threshold": -0.1}, "threshold"),
        ({"threshold": 1.0}, "threshold"),
        ({"score": -1.0}, "score"),
        ({"refractory_s": 61.0}, "refractory_s"),
        ({"threads": 0}, "threads"),
        ({"phrase": "computer"}, "phrase"),
        ({"phrase": ""}, "phrase"),
        ({"spelling": "\u2581loud ha"}, "spelling"),
    ],
)
def test_settings_out_of_range_are_refused(
    tmp_path: Path, settings: dict[str, Any], name: str
) -> None:
    with pytest.raises(ConfigError, match=rf"^wake\.{name}: "):
        spotter(tmp_path, **settings)


def test_a_phrase_and_a_model_are_needed() -> None:
    with pytest.raises(ConfigError, match=r"wake\.model"):
        registry.create("wake", "sherpa", {"phrase": "x"})
    with pytest.raises(ConfigError, match=r"wake\.phrase"):
        registry.create("wake", "sherpa", {"model": "x.onnx"})


def test_a_model_of_another_kind_is_refused() -> None:
    with pytest.raises(ModelError, match="spots no phrases"):
        SherpaWakeWord(str(data_path(f"{STARTER}/letters.onnx")), "a")


@pytest.mark.slow
def test_networks_that_would_end_the_process_end_a_child(tmp_path: Path) -> None:
    folder = write_transducer(tmp_path, encoder_facts=ENCODER_FACTS | {"model_type": "none"})
    with pytest.raises(ModelError, match="damaged or of the wrong kind"):
        SherpaWakeWord(str(folder), "loud")


def test_tokens_of_another_model_are_refused(tmp_path: Path) -> None:
    folder = write_transducer(tmp_path)
    (folder / "tokens.txt").write_text(TOKENS + "more 5\n", encoding="utf-8")
    with pytest.raises(ModelError, match="do not belong together"):
        SherpaWakeWord(str(folder), "loud")


@pytest.mark.usefixtures("without_sherpa_onnx")
def test_without_the_library_it_says_what_to_install(tmp_path: Path) -> None:
    with pytest.raises(EngineError, match="pip install sherpa-onnx"):
        spotter(tmp_path)


def test_the_check_hears_noise(tmp_path: Path) -> None:
    check_model(str(write_transducer(tmp_path)))
