import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from xtalk_edge.engines.agent.abstention import Abstention, Verdict, fitted
from xtalk_edge.errors import ConfigError, ModelError

CHANCES = st.floats(0.0, 1.0)
CAUTIOUS = Abstention(act_above=0.8, ask_above=0.4)


@pytest.mark.parametrize(
    ("confidence", "has_effects", "verdict"),
    [
        (0.8, True, Verdict.ACT),
        (0.79, True, Verdict.ASK),
        (0.4, True, Verdict.ASK),
        (0.39, True, Verdict.REFUSE),
        (0.4, False, Verdict.ACT),
        (0.39, False, Verdict.REFUSE),
    ],
)
def test_only_effects_are_worth_a_question(confidence, has_effects, verdict):
    assert CAUTIOUS.verdict(confidence, has_effects=has_effects) is verdict


@given(confidence=CHANCES, has_effects=st.booleans())
@pytest.mark.slow
def test_without_thresholds_everything_is_done(confidence, has_effects):
    assert Abstention().verdict(confidence, has_effects=has_effects) is Verdict.ACT


@given(raw=CHANCES, other=CHANCES, scale=st.floats(0.0, 100.0), offset=st.floats(-1e6, 1e6))
@pytest.mark.slow
def test_calibration_keeps_the_order_and_gives_probabilities(raw, other, scale, offset):
    abstention = Abstention(scale=scale, offset=offset)
    low, high = (abstention.calibrated(each) for each in sorted((raw, other)))
    assert 0.0 <= low <= high <= 1.0


@given(raw=st.floats(1e-5, 1 - 1e-5))
@pytest.mark.slow
def test_without_a_fit_confidence_is_what_the_model_says(raw):
    assert Abstention().calibrated(raw) == pytest.approx(raw)


def test_a_fit_moves_the_middle():
    assert Abstention(offset=-2.0).calibrated(0.5) == pytest.approx(0.1192, abs=1e-4)
    assert Abstention(scale=0.5).calibrated(0.99) == pytest.approx(0.9087, abs=1e-4)


def test_the_owner_goes_before_the_model_and_the_model_before_the_fallback():
    figures = {"act_above": "0.700000", "confidence_scale": "1.5", "ask_above": ""}
    assert fitted(figures, CAUTIOUS) == Abstention(0.7, 0.4, 1.5, 0.0)
    assert fitted(figures, CAUTIOUS, act_above=0.9) == Abstention(0.9, 0.4, 1.5, 0.0)
    assert fitted({}, Abstention()) == Abstention()


def test_one_threshold_alone_pulls_the_other_along():
    assert fitted({}, CAUTIOUS, act_above=0.2) == Abstention(0.2, 0.2)
    assert fitted({}, CAUTIOUS, ask_above=0.9) == Abstention(0.9, 0.9)


@pytest.mark.parametrize("name", ["act_above", "ask_above"])
@pytest.mark.parametrize("value", [-0.1, 1.1, float("nan")])
def test_a_threshold_is_a_probability(name, value):
    with pytest.raises(ConfigError, match=f"agent.{name}: must be between 0 and 1"):
        fitted({}, CAUTIOUS, **{name: value})


def test_thresholds_that_contradict_each_other_are_refused():
    with pytest.raises(ConfigError, match=r"agent\.ask_above: must not be above"):
        fitted({}, CAUTIOUS, act_above=0.3, ask_above=0.4)


@pytest.mark.parametrize("text", ["high", "nan", "inf"])
def test_a_figure_that_is_no_number_is_refused(text):
    with pytest.raises(ModelError, match="confidence_scale"):
        fitted({"confidence_scale": text}, CAUTIOUS)


@given(st.lists(CHANCES, min_size=2, max_size=2), st.booleans())
@pytest.mark.slow
def test_more_confidence_never_means_less_trust(chances, has_effects):
    trust = {Verdict.REFUSE: 0, Verdict.ASK: 1, Verdict.ACT: 2}
    verdicts = [CAUTIOUS.verdict(each, has_effects=has_effects) for each in sorted(chances)]
    assert all(trust[a] <= trust[b] for a, b in itertools.pairwise(verdicts))
