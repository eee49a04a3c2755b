"""Tagging models, and sounds through them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tests.contract.sound import noise, silence
from tests.tiny_tagger import FACTS, LABELS, write_tagger
from xtalk_edge.audio.format import RATE_HZ
from xtalk_edge.engines.captioner.sherpa import SherpaCaptioner, check_model, read_labels
from xtalk_edge.errors import ConfigError, ModelError

BARK = noise(1.0).tobytes()


def tone(hz: float, seconds: float = 1.0) -> bytes:
    at_s = np.arange(round(seconds * RATE_HZ)) / RATE_HZ
    return (6_000 * np.sin(2 * np.pi * hz * at_s)).astype("<i2").tobytes()


@pytest.mark.parametrize("kind", ["zipformer", "ced"])
@pytest.mark.slow
def test_a_sound_is_named(tmp_path: Path, kind: str) -> None:
    captioner = SherpaCaptioner(str(write_tagger(tmp_path, kind)))
    assert captioner.caption(BARK) == "A dog barking can be heard."
    assert captioner.caption(tone(220)) == "Music can be heard."


@pytest.mark.parametrize("audio", [b"", b"\0", silence(2.0), noise(0.4).tobytes()])
def test_of_too_little_there_is_nothing_to_say(tmp_path: Path, audio: bytes) -> None:
    assert SherpaCaptioner(str(write_tagger(tmp_path))).caption(audio) == ""


def test_the_last_ten_seconds_count(tmp_path: Path) -> None:
    captioner = SherpaCaptioner(str(write_tagger(tmp_path)))
    assert captioner.caption(BARK * 20 + tone(220, 10.0)) == "Music can be heard."


def test_no_more_sounds_are_named_than_wanted_and_none_below_the_threshold(tmp_path: Path) -> None:
    model = str(write_tagger(tmp_path))
    quiet = SherpaCaptioner(model, threshold=0.001)
    assert quiet.caption(BARK) == "A dog barking and a man speaking can be heard."
    assert SherpaCaptioner(model, threshold=0.001, most=1).caption(BARK) == (
        "A dog barking can be heard."
    )


@pytest.mark.parametrize(
    ("facts", "classes", "says"),
    [
        ({"model_type": "another"}, 5, "no audio tagging model"),
        ({"x": "1"}, 5, "no audio tagging model"),
        (FACTS["ced"], 5, "damaged or of the wrong kind"),
        (None, 4, "tells 4 sounds apart and .* names 5"),
    ],
)
@pytest.mark.slow
def test_models_that_would_end_the_process_are_refused(
    tmp_path: Path, facts: dict[str, str] | None, classes: int, says: str
) -> None:
    with pytest.raises(ModelError, match=says):
        SherpaCaptioner(str(write_tagger(tmp_path, facts=facts, classes=classes)))


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("index,mid,display_name\n", "names no sounds"),
        ("index,mid,display_name\n1,/m/1,Speech\n", "line 2 should be: 0,"),
        ("index,mid,display_name\n0,/m/1\n", "line 2 should be: 0,"),
        ("\udcff", "cannot be used"),
    ],
)
def test_labels_that_are_none_are_refused(tmp_path: Path, text: str, says: str) -> None:
    path = tmp_path / "labels.csv"
    path.write_bytes(text.encode("utf-8", "surrogateescape"))
    with pytest.raises(ModelError, match=says):
        read_labels(path)


def test_labels_may_lie_elsewhere_and_stand_without_quotes(tmp_path: Path) -> None:
    model = write_tagger(tmp_path)
    elsewhere = tmp_path / "elsewhere.csv"
    (tmp_path / "class_labels_indices.csv").unlink()
    names = ["Speech", '"Male speech, man speaking"', "Bark", "Music", "Silence"]
    lines = [f"{number},/m/{number},{name}" for number, name in enumerate(names)]
    elsewhere.write_text("\n".join(["index,mid,display_name", *lines]))
    assert read_labels(elsewhere)[1] == LABELS[1]
    captioner = SherpaCaptioner(str(model), labels=str(elsewhere))
    assert captioner.caption(BARK) == "A dog barking can be heard."


@pytest.mark.parametrize(
    "settings", [{"threads": 0}, {"threshold": 0.0}, {"threshold": 1.5}, {"most": 0}]
)
def test_settings_are_checked(tmp_path: Path, settings: dict[str, float]) -> None:
    (name,) = settings
    with pytest.raises(ConfigError, match=rf"captioner\.{name}"):
        SherpaCaptioner(str(write_tagger(tmp_path)), **settings)  # type: ignore[arg-type]


@pytest.mark.parametrize("kind", ["zipformer", "ced"])
def test_the_check_gets_probabilities(tmp_path: Path, kind: str) -> None:
    check_model(str(write_tagger(tmp_path, kind)))
