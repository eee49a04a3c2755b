import pytest
from hypothesis import given
from hypothesis import strategies as st

from xtalk_edge.tools.voice.voice_names import voice_meant

NAMES = ("American man", "American woman", "British man", "British woman", "Scottish man")


@pytest.mark.parametrize(
    ("said", "current", "meant"),
    [
        ("", "American man", "American woman"),
        ("another voice", "Scottish man", "American man"),
        ("", "", "American man"),
        ("a female voice", "American man", "American woman"),
        ("female", "British man", "British woman"),
        ("male", "British woman", "British man"),
        ("a british accent", "American woman", "British woman"),
        ("british", "American man", "British man"),
        ("woman's", "American man", "American woman"),
        ("english lady", "American man", "British woman"),
        ("Scottish", "American woman", "Scottish man"),
        ("the UK", "American man", "British man"),
        ("your normal voice", "British man", "American man"),
        ("normal voice", "British man", "American man"),
        ("scottish woman", "American man", None),
        ("robot", "American man", None),
    ],
)
def test_which_voice_is_meant(said, current, meant):
    assert voice_meant(said, NAMES, current) == meant


@given(st.text(), st.lists(st.text(min_size=1), min_size=1), st.text())
@pytest.mark.slow
def test_only_a_voice_there_is_can_be_meant(said, names, current):
    assert voice_meant(said, names, current) in {None, *names}


def test_asking_for_another_goes_through_all_of_them():
    heard, current = [], NAMES[0]
    for _ in NAMES:
        current = voice_meant("", NAMES, current) or ""
        heard.append(current)
    assert sorted(heard) == sorted(NAMES)
