"""The ear of Smart Turn, and its model files."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from tests.contract.sound import noise, silence
from tests.tiny_smart_turn import write_smart_turn
from xtalk_edge.audio.format import RATE_HZ
from xtalk_edge.engines.turn_detector.smart_turn import SmartTurnDetector, check_model
from xtalk_edge.engines.turn_detector.whisper_features import BANDS, features
from xtalk_edge.errors import ModelError


def tone(hz: float, seconds: float = 1.0) -> NDArray[np.float32]:
    time = np.arange(round(seconds * RATE_HZ)) / RATE_HZ
    return np.sin(2 * np.pi * hz * time).astype(np.float32)


@pytest.mark.parametrize("hz", [200.0, 500.0, 1_000.0, 3_000.0, 7_000.0])
def test_a_tone_is_loudest_in_the_band_it_lies_in(hz: float) -> None:
    seen = features(tone(hz))
    assert seen.shape == (BANDS, 100)
    # 80 bands on Slaney's scale: 15 mel up to 1 kHz and 27 ln(f / kHz) / ln 6.4 above, of 45.2.
    mels = hz / (200 / 3) if hz < 1_000 else 15 + 27 * np.log(hz / 1_000) / np.log(6.4)
    band = mels / ((15 + 27 * np.log(8) / np.log(6.4)) / (BANDS + 1)) - 1
    assert abs(int(seen[:, 50].argmax()) - band) <= 1.0


def test_the_level_does_not_matter_and_the_range_is_eight_decades() -> None:
    quiet, loud = features(np.float32(0.01) * tone(500.0)), features(tone(500.0))
    assert np.abs(quiet - loud).max() < 1e-3
    assert loud.max() - loud.min() <= 8.0 / 4.0 + 1e-6


def test_silence_is_seen_without_a_fuss() -> None:
    assert np.isfinite(features(np.zeros(RATE_HZ, np.float32))).all()


@pytest.mark.slow
def test_who_falls_silent_has_finished(tmp_path: Path) -> None:
    detector = SmartTurnDetector(str(write_smart_turn(tmp_path)))
    going_on = detector.finished("", noise(3.0).tobytes())
    done = detector.finished("", noise(3.0).tobytes() + silence(0.5))
    assert going_on is not None and done is not None
    assert going_on < 0.1 < 0.9 < done
    # Only the last eight seconds count.
    assert detector.finished("", noise(20.0).tobytes() + silence(0.5)) == pytest.approx(
        detector.finished("", (noise(20.0).tobytes() + silence(0.5))[-2 * 8 * RATE_HZ :])
    )


@pytest.mark.parametrize("audio", [b"", b"\0", silence(1.0), noise(0.1).tobytes()])
@pytest.mark.slow
def test_where_there_is_nothing_to_hear_nothing_is_known(tmp_path: Path, audio: bytes) -> None:
    assert SmartTurnDetector(str(write_smart_turn(tmp_path))).finished("stop", audio) is None


@pytest.mark.slow
def test_what_is_another_model_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="missing"):
        SmartTurnDetector(str(tmp_path / "none.onnx"))
    with pytest.raises(ModelError, match="not a Smart Turn model"):
        SmartTurnDetector(str(write_smart_turn(tmp_path, outputs=2)))
    (tmp_path / "smart-turn.onnx").write_bytes(b"garbage")
    with pytest.raises(ModelError, match="damaged or of the wrong kind"):
        SmartTurnDetector(str(tmp_path / "smart-turn.onnx"))


def test_the_check_listens_once(tmp_path: Path) -> None:
    check_model(str(write_smart_turn(tmp_path)))
