"""Settings and models of sherpa-onnx's detector; its hearing is in the contract suite."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.contract.sound import cut, noise, silence
from tests.tiny_ten_vad import FACTS, write_ten_vad
from xtalk_edge.engines.vad.sherpa import SherpaVAD, check_model
from xtalk_edge.errors import ConfigError, EngineError, ModelError


def heard(detector: SherpaVAD, audio: bytes) -> list[float]:
    return [detector.probability(frame) for frame in cut(audio, 2 * detector.frame_samples)]


@pytest.mark.slow
def test_ten_hears_frames_of_its_own_size(tmp_path: Path) -> None:
    detector = SherpaVAD(str(write_ten_vad(tmp_path)))
    assert detector.frame_samples == 256
    assert max(heard(detector, silence(0.5))) == 0.0
    # Its features look back over 48 ms.
    assert min(heard(detector, noise(0.5).tobytes())[4:]) == 1.0
    with pytest.raises(EngineError, match="512 bytes"):
        detector.probability(bytes(1024))
    detector.reset()
    assert max(heard(detector, silence(0.1))) == 0.0


@pytest.mark.parametrize("threshold", [0.0, 1.0])
def test_a_threshold_out_of_range_is_refused(threshold: float) -> None:
    with pytest.raises(ConfigError, match=r"vad\.speech_from"):
        SherpaVAD(speech_from=threshold)


@pytest.mark.parametrize(
    "facts",
    [
        FACTS | {"model_type": "another"},
        {"model_type": "ten-vad"},
        FACTS | {"mean": "0"},
        FACTS | {"window": "1"},
    ],
)
@pytest.mark.slow
def test_models_that_would_end_the_process_end_a_child(
    tmp_path: Path, facts: dict[str, object]
) -> None:
    with pytest.raises(ModelError, match="damaged or of the wrong kind"):
        SherpaVAD(str(write_ten_vad(tmp_path, facts)))


@pytest.mark.parametrize("content", [b"", b"garbage"])
def test_what_is_no_model_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "vad.onnx"
    with pytest.raises(ModelError, match="missing"):
        SherpaVAD(str(path))
    path.write_bytes(content)
    with pytest.raises(ModelError, match=r"vad\.onnx"):
        SherpaVAD(str(path))


def test_the_check_hears_two_frames(tmp_path: Path) -> None:
    check_model(str(write_ten_vad(tmp_path)))
