"""How the recogniser is taught a synthesiser's sounds, without any training run."""

from __future__ import annotations

import random
from itertools import islice
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("pocketsphinx")

import pocketsphinx

from models.starter import KIT
from models.starter.ears.aided_sounds import Aligned, Aligner, Moments, sentences, speak, streams
from models.starter.ears.gaussians import (
    DENSITIES,
    PHONES,
    STREAMS,
    WIDTH,
    phone_names,
    read_gaussians,
    read_log_weights,
    write_gaussians,
)
from models.starter.ears.recordings import exam_commands

MODEL = Path(pocketsphinx.get_model_path()) / "en-us"
SOUNDS = MODEL / "en-us"


def test_gaussians_are_read_as_they_were_written(tmp_path: Path) -> None:
    means = read_gaussians(SOUNDS / "means")
    assert np.isfinite(means.values).all()
    write_gaussians(tmp_path / "means", means)
    assert np.array_equal(read_gaussians(tmp_path / "means").values, means.values)


def test_another_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "means"
    path.write_bytes(b"s3\nendhdr\n" + bytes(64))
    with pytest.raises(ValueError, match="means"):
        read_gaussians(path)


def test_each_states_weights_are_a_distribution() -> None:
    weights = np.exp(read_log_weights(SOUNDS / "sendump"))
    assert weights.shape[:2] == (STREAMS, DENSITIES)
    assert np.allclose(weights.sum(axis=1), 1.0, atol=0.15)
    names = phone_names(SOUNDS / "mdef")
    assert len(names) == PHONES
    assert {"SIL", "AA", "ZH"} <= set(names)


def test_the_synthesisers_sounds_are_sound() -> None:
    for name in ("means", "variances"):
        values = read_gaussians(KIT / "speaking_aids" / name).values
        assert np.isfinite(values).all()
        assert np.abs(values - read_gaussians(SOUNDS / name).values).max() > 0.1
    assert (read_gaussians(KIT / "speaking_aids" / "variances").values > 0).all()


def test_slopes_and_curvatures_are_those_of_a_line() -> None:
    line = np.outer(np.arange(20), np.ones(WIDTH)).astype(np.float32)
    centred, slopes, curvatures = streams(line)
    assert abs(centred.mean()) < 1e-5
    assert np.allclose(slopes[3:-3], 4.0)
    assert np.allclose(curvatures[3:-3], 0.0)


def test_sentences_keep_away_from_the_exam() -> None:
    drawn = set(islice(sentences(random.Random(0)), 500))
    assert len(drawn) > 300
    assert not drawn & exam_commands().keys()


@pytest.mark.slow
def test_an_utterance_is_shared_out_among_the_gaussians_of_its_sounds(tmp_path: Path) -> None:
    text = "set a timer"
    said = Aligner(MODEL, tmp_path, set(text.split())).align(
        text, speak(text, "en-us", random.Random(0))
    )
    assert said is not None
    names = phone_names(SOUNDS / "mdef")
    assert {names[phone] for phone in said.phones if phone >= 0} >= {"S", "T", "AY", "M"}
    means, variances = (read_gaussians(SOUNDS / name).values for name in ("means", "variances"))
    moments = Moments(means, variances, read_log_weights(SOUNDS / "sendump"))
    moments.add(said, names.index("SIL"))
    moved, spread = moments.moved()
    assert np.isfinite(moved).all()
    assert (spread > 0).all()
    changed = {names[at] for at in range(PHONES) if not np.allclose(moved[at], means[at])}
    assert changed == {names[phone] for phone in said.phones if phone >= 0} - {"SIL"}


def test_nothing_said_moves_nothing() -> None:
    means = np.ones((PHONES, STREAMS, DENSITIES, WIDTH), np.float32)
    silence = Aligned(np.zeros((5, WIDTH), np.float32), np.zeros(5, int), np.zeros(5, int))
    moments = Moments(means, means, np.zeros((STREAMS, DENSITIES, 1), np.float32))
    moments.add(silence, ignored=0)
    moved, spread = moments.moved()
    assert np.array_equal(moved, means)
    assert np.allclose(spread, means)
