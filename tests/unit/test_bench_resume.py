"""`bench resume` judges by what was heard of an answer, piece by piece."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner

from xtalk_edge.audio.format import RATE_HZ, Samples
from xtalk_edge.cli.bench import over_answer, resume
from xtalk_edge.cli.bench.wholeness import PIECE, SOUNDS, Wholeness, wholeness
from xtalk_edge.engines.tts.espeak import EspeakTTS
from xtalk_edge.scenes.script import Room
from xtalk_edge.scenes.sounds import spoken

GOOD = resume.Row(
    kind="cough", echo_over_talker_db=0.0, sounds=20, lowered=9, stood_still=4, went_on=19, lost=0,
    repeated=0, wrong=(),
)  # fmt: skip


@pytest.fixture(scope="module")
def said() -> Samples:
    return spoken("You can ask me to set a timer, or how long it still takes.", EspeakTTS())


def silence(seconds: float) -> Samples:
    return np.zeros(round(seconds * RATE_HZ), np.int16)


@pytest.mark.slow
def test_what_was_lowered_and_stood_still_is_whole(said: Samples) -> None:
    middle = len(said) // 2
    lowered = (said[:middle] * 0.2).astype(np.int16)
    heard = np.concatenate((silence(0.3), lowered, silence(0.8), said[middle:], silence(0.3)))
    found = wholeness(said, heard)
    assert found.pieces > 10
    assert (found.lost, found.repeated) == (0, 0)


def sounding_near(said: Samples, at: float) -> int:
    """Return the sample nearest to that part of an answer from which 400 ms sound throughout."""
    pieces = said[: len(said) // PIECE * PIECE].astype(float).reshape(-1, PIECE)
    sounding = np.sqrt(np.square(pieces).mean(1)) > 2 * SOUNDS
    starts = [i for i in range(len(sounding) - 3) if sounding[i : i + 4].all()]
    return min(starts, key=lambda i: abs(i * PIECE - at * len(said))) * PIECE


@pytest.mark.parametrize("at", [0.2, 0.5, 0.7])
@pytest.mark.slow
def test_a_word_that_was_left_out_is_missed(said: Samples, at: float) -> None:
    start = sounding_near(said, at)
    heard = np.concatenate((said[:start], said[start + 4 * PIECE :]))
    assert wholeness(said, heard).lost >= 2


@pytest.mark.slow
def test_a_word_that_was_said_twice_is_noticed(said: Samples) -> None:
    start = len(said) // 2 // PIECE * PIECE
    word = said[start : start + 5 * PIECE]
    heard = np.concatenate((said[: start + 5 * PIECE], word, said[start + 5 * PIECE :]))
    assert wholeness(said, heard).repeated >= 2


@pytest.mark.slow
def test_of_an_answer_that_was_not_heard_everything_is_lost(said: Samples) -> None:
    found = wholeness(said, silence(1.0))
    assert found.lost == found.pieces
    assert wholeness(said, said[:0]).lost == found.pieces
    assert wholeness(said[:0], said) == Wholeness(0, 0, 0)


@pytest.mark.parametrize("change", [{"went_on": 18}, {"lost": 2}, {"repeated": 2}])
def test_each_limit_counts(change: dict[str, Any]) -> None:
    assert GOOD.passed
    assert not replace(GOOD, **change).passed


@pytest.mark.slow
def test_an_answer_goes_on_over_a_clap(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(over_answer, "LEVELS_DB", (-10.0,))
    monkeypatch.setattr(over_answer, "rooms", lambda _folder: {"small": Room()})
    clap = next(each for each in resume.made_up() if each[0] == "clap")
    monkeypatch.setattr(resume, "made_up", lambda: [clap])
    result = CliRunner().invoke(resume.command, ["--json"])
    told = json.loads(result.stdout)
    assert result.exit_code == 0
    [row] = told["rows"]
    assert (row["kind"], row["sounds"], row["went_on"]) == ("clap", 1, 1)
    assert (row["lost"], row["repeated"], row["wrong"]) == (0, 0, [])
