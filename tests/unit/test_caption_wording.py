"""Names of sounds become a sentence."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from xtalk_edge.engines.captioner.wording import PHRASES, UNSAID, VAGUE, phrase, sentence

NAMES = st.sampled_from([*PHRASES, *UNSAID, *VAGUE, "Music", "Siren", "Rain", "Cattle, bovinae"])


@pytest.mark.parametrize(
    ("labels", "said"),
    [
        ([], ""),
        (["Silence", "Inside, small room"], ""),
        (["Music"], "Music can be heard."),
        (["Music", "Bark"], "A dog barking and music can be heard."),
        (["Animal", "Domestic animals, pets", "Dog", "Bark"], "A dog barking can be heard."),
        (["Animal"], "An animal can be heard."),
        (["Speech", "Male speech, man speaking", "Siren"],
         "A man speaking and a siren can be heard."),
        (["Crying, sobbing", "Baby cry, infant cry"], "A baby crying can be heard."),
        (["Siren", "Fire engine, fire truck (siren)"], "A fire engine siren can be heard."),
        (["Rain", "Thunder", "Alarm clock"], "An alarm clock, rain and thunder can be heard."),
        (["Animal", "Dog", "Bark", "Music", "Rain", "Siren"],
         "A dog barking, music and rain can be heard."),
    ],
)  # fmt: skip
def test_what_is_said(labels: list[str], said: str) -> None:
    assert sentence(labels, 3) == said


@pytest.mark.parametrize(
    ("label", "said"),
    [
        ("Vehicle horn, car horn, honking", "a vehicle horn"),
        ("Keyboard (musical)", "a keyboard"),
        ("Christmas music", "christmas music"),
        ("Fireworks", "fireworks"),
        ("Frying (food)", "frying"),
    ],
)
def test_names_without_a_phrase_of_their_own(label: str, said: str) -> None:
    assert phrase(label) == said


@given(st.lists(NAMES, max_size=6))
@pytest.mark.slow
def test_a_sentence_says_each_thing_once(labels: list[str]) -> None:
    said = sentence(labels, 6)
    assert (said == "") is all(label in UNSAID for label in labels)
    if said:
        assert said[0].isupper()
        told = said.removesuffix(" can be heard.").lower().replace(" and ", ", ").split(", ")
        assert len(told) == len(set(told))


@given(st.text(min_size=1).filter(str.strip))
@pytest.mark.slow
def test_any_name_can_be_said(label: str) -> None:
    assert isinstance(sentence([label, label], 1), str)
