"""A speech model finds the engine it needs, and words that are expected are heard."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.contract.sound import noise, silence
from tests.tiny_ctc import write_ctc
from tests.tiny_onnx import tiny_onnx
from tests.tiny_transducer import write_transducer
from xtalk_edge.engines.asr.sherpa import SherpaASR
from xtalk_edge.engines.asr.sherpa_streaming import SherpaStreamingASR
from xtalk_edge.errors import ConfigError, ModelError

BURST = silence(0.5) + noise(0.5).tobytes() + silence(1.0)


@pytest.mark.slow
def test_a_streaming_model_writes_while_it_hears(tmp_path: Path) -> None:
    recogniser = SherpaASR(str(write_transducer(tmp_path)))
    assert recogniser.stream_chunk_bytes_hint() == 2 * 16 * 320
    assert recogniser.recognize_stream(BURST, is_final=True) == "loud quiet"
    assert recogniser.confidence() < 1.0


@pytest.mark.slow
def test_a_model_for_whole_utterances_is_known_too(tmp_path: Path) -> None:
    recogniser = SherpaASR(str(write_ctc(tmp_path)))
    assert recogniser.stream_chunk_bytes_hint() is None
    assert recogniser.recognize(BURST)


@pytest.mark.parametrize("hot_words", [["lout"], ["LOUT"], ["quiet", "lout"]])
@pytest.mark.slow
def test_a_word_that_is_expected_wins_over_one_nearly_as_likely(
    tmp_path: Path, hot_words: list[str]
) -> None:
    recogniser = SherpaASR(str(write_transducer(tmp_path)), hot_words=hot_words)
    assert recogniser.recognize(BURST) == "lout quiet"
    assert recogniser.clone().recognize(BURST) == "lout quiet"


@pytest.mark.parametrize("hot_words", [["xyz"], [" "], ["lout/loud"], ["lout :2"], [7], "lout"])
def test_a_word_the_model_does_not_write_is_refused(tmp_path: Path, hot_words: list[str]) -> None:
    with pytest.raises(ConfigError, match=r"asr\.hot_words"):
        SherpaStreamingASR(str(write_transducer(tmp_path)), hot_words=hot_words)


def test_settings_that_a_model_has_no_use_for_are_refused(tmp_path: Path) -> None:
    (tmp_path / "stream").mkdir()
    (tmp_path / "whole").mkdir()
    stream, whole = write_transducer(tmp_path / "stream"), write_ctc(tmp_path / "whole")
    with pytest.raises(ConfigError, match=r"asr\.language"):
        SherpaASR(str(stream), language="de")
    with pytest.raises(ConfigError, match=r"asr\.hot_words"):
        SherpaASR(str(whole), hot_words=["a"])
    with pytest.raises(ConfigError, match="nemo model takes none"):
        SherpaStreamingASR(hot_words=["a"])


def test_what_is_neither_says_what_each_lacks(tmp_path: Path) -> None:
    write_transducer(tmp_path)
    (tmp_path / "joiner-epoch-1.onnx").unlink()
    with pytest.raises(ModelError, match=r"holds no joiner; fetch the model again"):
        SherpaASR(str(tmp_path))
    (tmp_path / "model.onnx").write_bytes(tiny_onnx({}))
    with pytest.raises(ModelError, match=r"no streaming model .*, and .* is no model that is kn"):
        SherpaASR(str(tmp_path / "model.onnx"))
    with pytest.raises(ModelError, match="is missing"):
        SherpaASR(str(tmp_path / "none.onnx"))
