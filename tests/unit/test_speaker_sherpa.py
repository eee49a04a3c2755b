"""Speaker models, and voices through them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tests.contract.sound import noise, silence
from tests.tiny_speaker import BINS, FACTS, write_speaker
from xtalk_edge.engines.speaker.sherpa import SherpaSpeakerEncoder, check_model
from xtalk_edge.engines.tts.espeak import EspeakTTS
from xtalk_edge.errors import ConfigError, EngineError, ModelError
from xtalk_edge.scenes.sounds import spoken
from xtalk_edge.turn.who import likeness


def said(text: str, voice: str) -> bytes:
    return spoken(text, EspeakTTS(voice=voice)).tobytes()


@pytest.mark.slow
def test_a_voice_is_more_like_itself_than_like_another(tmp_path: Path) -> None:
    encoder = SherpaSpeakerEncoder(str(write_speaker(tmp_path)))
    ann, ann_again, bob = (
        encoder.extract(said(text, voice))
        for text, voice in (
            ("what time is it in tokyo", "en-us+f3"),
            ("set a timer for five minutes please", "en-us+f3"),
            ("set a timer for five minutes please", "en-us+whisper"),
        )
    )
    assert ann is not None and ann_again is not None and bob is not None
    assert ann.shape == (BINS,)
    assert float(np.linalg.norm(ann)) == pytest.approx(1.0, abs=1e-5)
    assert likeness(ann, ann_again) > likeness(ann_again, bob) + 0.05


@pytest.mark.parametrize("audio", [b"", b"\0", silence(2.0), noise(0.4).tobytes()])
@pytest.mark.slow
def test_of_too_little_there_is_no_vector(tmp_path: Path, audio: bytes) -> None:
    assert SherpaSpeakerEncoder(str(write_speaker(tmp_path))).extract(audio) is None


@pytest.mark.parametrize(
    ("facts", "says"),
    [
        ({"framework": "another"}, "no speaker model that is known"),
        ({}, "no speaker model that is known"),
        ({"framework": "wespeaker"}, "damaged or of the wrong kind"),
        (FACTS | {"output_dim": 7}, "damaged or of the wrong kind"),
        (FACTS | {"feature_normalize_type": "odd"}, "damaged or of the wrong kind"),
    ],
)
@pytest.mark.slow
def test_models_that_would_end_the_process_are_refused(
    tmp_path: Path, facts: dict[str, object], says: str
) -> None:
    with pytest.raises(ModelError, match=says):
        SherpaSpeakerEncoder(str(write_speaker(tmp_path, facts or {"x": 1})))


def test_threads_are_counted(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"speaker\.threads"):
        SherpaSpeakerEncoder(str(write_speaker(tmp_path)), threads=0)


@pytest.mark.usefixtures("without_sherpa_onnx")
def test_without_the_library_it_says_what_to_install(tmp_path: Path) -> None:
    with pytest.raises(EngineError, match="pip install sherpa-onnx"):
        SherpaSpeakerEncoder(str(write_speaker(tmp_path)))


def test_the_check_makes_a_vector(tmp_path: Path) -> None:
    check_model(str(write_speaker(tmp_path)))
