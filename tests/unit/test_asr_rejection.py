"""Telling commands from other speech, without any decoder."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from xtalk_edge.engines.asr.pocketsphinx_lexicon import (
    Lexicon,
    grammar_words,
    read_lexicon,
    spelling,
)
from xtalk_edge.engines.asr.rejection import (
    AIDED_FEATURES,
    FEATURES,
    Heard,
    Rejection,
    distance,
    likeness,
    load_rejection,
    measure,
    measure_aided,
    text_of,
)
from xtalk_edge.errors import ModelError

WHAT = Heard("what", ("W", "AH", "T"), 10, 29, -20.0)
TIME = Heard("time", ("T", "AY", "M"), 30, 59, -30.0)
PAUSE = Heard("", (), 0, 9, 0.0)
LIME = Heard("lime", ("L", "AY", "M"), 30, 59, -15.0)

words = st.lists(st.sampled_from("abc"), max_size=6)
pieces = st.lists(
    st.tuples(st.sampled_from(["", "one", "two"]), st.integers(1, 40), st.floats(-400, 0)),
    min_size=1,
    max_size=6,
)


def hearing(parts: list[tuple[str, int, float]]) -> list[Heard]:
    heard, at = [], 0
    for word, frames, score in parts:
        phones = ("W", "AH", "N") if word else ()
        heard.append(Heard(word, phones, at, at + frames - 1, score * frames))
        at += frames
    return heard


@given(words, words, words)
@pytest.mark.slow
def test_distance_is_a_metric(a: list[str], b: list[str], c: list[str]) -> None:
    assert (distance(a, b) == 0) == (a == b)
    assert distance(a, b) == distance(b, a)
    assert distance(a, c) <= distance(a, b) + distance(b, c)
    assert abs(len(a) - len(b)) <= distance(a, b) <= max(len(a), len(b))


def measured(command: list[Heard], language: list[Heard]) -> dict[str, float]:
    return dict(zip(FEATURES, measure(command, language), strict=True))


def test_same_hearing_agrees_fully() -> None:
    found = measured([PAUSE, WHAT, TIME], [PAUSE, WHAT, TIME])
    assert found["score_gap"] == found["worst_word"] == 0.0
    assert found["pauses"] == found["unexplained"] == 0.0
    assert found["sound_agreement"] == 1.0


def test_a_rival_word_shows_in_what_compares() -> None:
    found = measured([PAUSE, WHAT, TIME], [PAUSE, WHAT, LIME])
    assert found["score_gap"] == pytest.approx(-15 / 50)
    assert found["worst_word"] == pytest.approx(-15 / 30)
    assert found["sound_agreement"] == pytest.approx(5 / 6)


def test_time_shows_in_what_measures_it() -> None:
    silence = Heard("", (), 30, 129, 0.0)
    later = Heard("time", ("T", "AY", "M"), 130, 189, -30.0)
    found = measured([PAUSE, WHAT, silence, later], [PAUSE, WHAT, TIME, later])
    assert found["pauses"] == pytest.approx(1.0)
    assert found["unexplained"] == pytest.approx(0.3)
    assert found["slowest_word"] == pytest.approx(60 / 3 / 10)


@given(pieces, pieces)
@pytest.mark.slow
def test_measures_are_finite_and_bounded(
    one: list[tuple[str, int, float]], other: list[tuple[str, int, float]]
) -> None:
    command = [*hearing(one), Heard("one", ("W",), 300, 310, -5.0)]
    found = measure(command, hearing(other))
    assert len(found) == len(FEATURES)
    assert all(-10.0 <= value <= 6.0 for value in found)


@given(pieces)
@pytest.mark.slow
def test_measures_of_a_synthesiser_are_finite_and_bounded(
    one: list[tuple[str, int, float]],
) -> None:
    found = measure_aided([*hearing(one), Heard("one", ("W",), 300, 310, -5.0)])
    assert len(found) == len(AIDED_FEATURES)
    assert all(-10.0 <= value <= 6.0 for value in found)


def test_likeness_is_of_the_words_alone() -> None:
    loud = Heard("", (), 60, 99, -4000.0)
    assert likeness([PAUSE, WHAT, TIME, loud]) == pytest.approx(-1.0)
    assert likeness([PAUSE]) == likeness([]) == -10.0
    assert likeness([Heard("what", ("W",), 0, 0, -1e9)]) == -10.0


def test_a_synthesisers_worst_word_shows() -> None:
    found = dict(zip(AIDED_FEATURES, measure_aided([PAUSE, WHAT, LIME]), strict=True))
    assert found["likeness"] == pytest.approx(-35 / 50)
    assert found["worst_likeness"] == pytest.approx(-1.0)
    assert found["pauses"] == 0.0
    assert found["length"] == pytest.approx(6 / 16)


@given(st.lists(st.floats(-1e6, 1e6), min_size=len(FEATURES), max_size=len(FEATURES)))
@pytest.mark.slow
def test_confidence_is_a_probability(values: list[float]) -> None:
    rejection = Rejection((1.0,) * len(FEATURES), (1.0,) * len(AIDED_FEATURES), 0.5, ())
    assert 0.0 <= rejection.confidence(values) <= 1.0
    assert 0.0 <= rejection.confidence(values[: len(AIDED_FEATURES)], aided=True) <= 1.0


def test_text_leaves_pauses_out() -> None:
    assert text_of([PAUSE, WHAT, PAUSE, TIME]) == "what time"


def written(tmp_path: Path, content: object) -> Path:
    path = tmp_path / "rejection.json"
    path.write_text(json.dumps(content), encoding="utf-8")
    return path


def test_a_fitted_rejection_is_read(tmp_path: Path) -> None:
    content = {
        "coefficients": dict.fromkeys(FEATURES, 0.0) | {"bias": 2.0},
        "aided_coefficients": dict.fromkeys(AIDED_FEATURES, 0.0) | {"bias": -2.0},
        "threshold": 0.6,
        "vocabulary": "the a",
    }
    rejection = load_rejection(written(tmp_path, content))
    assert rejection.vocabulary == ("the", "a")
    assert rejection.threshold == 0.6
    assert rejection.confidence((1.0,) + (0.0,) * (len(FEATURES) - 1)) > 0.8
    assert rejection.confidence((1.0,) + (0.0,) * (len(AIDED_FEATURES) - 1), aided=True) < 0.2


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        ([], "not a fitted rejection"),
        ({}, "coefficients"),
        ({"coefficients": {"bias": 1}}, "aided_coefficients"),
        ({"coefficients": {"bias": 1}, "aided_coefficients": {}}, "score_gap"),
        (
            {"coefficients": dict.fromkeys(FEATURES, "x"), "aided_coefficients": {}},
            "not a fitted rejection",
        ),
    ],
)
def test_a_wrong_rejection_file_says_what_is_wrong(
    tmp_path: Path, content: object, problem: str
) -> None:
    with pytest.raises(ModelError, match=problem):
        load_rejection(written(tmp_path, content))


def test_a_missing_rejection_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"nowhere\.json"):
        load_rejection(tmp_path / "nowhere.json")


def test_grammar_words_are_what_is_said() -> None:
    grammar = """#JSGF V1.0;
    grammar home; // the lights
    /* not these */
    public <command> = /0.5/ turn <way> the lamp {LAMP} | [please] stop* | what's up;
    <way> = (on | off)+;
    """
    spoken = "turn the lamp please stop what's up on off"
    assert " ".join(sorted(grammar_words(grammar))) == " ".join(sorted(spoken.split()))


def test_lexicon_keeps_every_pronunciation_of_wanted_words() -> None:
    lexicon = Lexicon(["the DH AH", "the(2) DH IY", "cat K AE T"], {"the"})
    assert lexicon.text() == "the DH AH\nthe(2) DH IY\n"
    assert lexicon.phones("the(2)") == ("DH", "IY")
    assert lexicon.phones("<sil>") == ()
    assert spelling("the(2)") == "the"
    assert lexicon.missing({"the", "nabu", "cat"}) == ["cat", "nabu"]
    lexicon.add({"nabu": "n aa b uw"})
    assert lexicon.phones("nabu") == ("N", "AA", "B", "UW")


def test_a_missing_dictionary_is_named(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"words\.dict"):
        read_lexicon(tmp_path / "words.dict", set())


def test_a_dictionary_is_read(tmp_path: Path) -> None:
    path = tmp_path / "words.dict"
    path.write_text("a AH\n\nb B IY\n", encoding="latin-1")
    assert read_lexicon(path, {"b"}).text() == "b B IY\n"
