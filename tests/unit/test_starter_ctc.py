"""What the streaming speller is trained on: sentences of the grammar, spoken in made-up rooms."""

from __future__ import annotations

import itertools
from collections import Counter
from random import Random

import numpy as np
import pytest

from models.starter.ctc.evaluate import edits
from models.starter.ctc.jsgf import Grammar
from models.starter.ctc.sentences import COMMANDS, EVERYDAY, draws, is_held_out
from models.starter.ctc.speech import HELD_OUT_VOICES, VOICES, utterances
from xtalk_edge.engines.tts.espeak import EspeakTTS

SMALL = """#JSGF V1.0;
grammar small;

public <order> = /9/ turn <switch_2> [ the ( lamp | fan ) ] | /1/ stop ;

<switch_2> = on
    | off ;
"""


def test_every_way_through_a_grammar_is_drawn_and_no_other() -> None:
    grammar, rng = Grammar(SMALL), Random(1)
    drawn = Counter(grammar.draw(rng) for _ in range(2000))
    ends = ("", " the lamp", " the fan")
    assert drawn.keys() == {
        "stop",
        *(f"turn {way}{end}" for way in ("on", "off") for end in ends),
    }
    # Weights of 9 to 1 count half as strong: 3 to 1.
    assert 400 < drawn["stop"] < 600


def test_sentences_can_be_spelled_and_are_drawn_again_for_the_same_seed() -> None:
    some = list(itertools.islice(draws(1, held_out=False), 200))
    assert some == list(itertools.islice(draws(1, held_out=False), 200))
    assert set("".join(text for text, _ in some)) <= set(" 'abcdefghijklmnopqrstuvwxyz")
    assert {kind for _, kind in some} == {COMMANDS, EVERYDAY}


def test_what_is_held_out_is_never_trained_on() -> None:
    kept = {text for text, _ in itertools.islice(draws(2, held_out=True), 50)}
    trained = {text for text, _ in itertools.islice(draws(2, held_out=False), 500)}
    assert all(map(is_held_out, kept))
    assert kept.isdisjoint(trained)
    assert set(VOICES).isdisjoint(HELD_OUT_VOICES)


@pytest.mark.parametrize("voice", [*VOICES, *HELD_OUT_VOICES])
def test_every_voice_is_known_to_espeak(voice: str) -> None:
    EspeakTTS(voice)


@pytest.mark.slow
def test_speech_is_as_loud_as_people_are_and_begins_and_ends_in_quiet() -> None:
    for each in itertools.islice(utterances(3, VOICES, held_out=False), 20):
        assert each.samples.dtype == np.int16
        assert 200 < np.sqrt(np.mean(each.samples.astype(float) ** 2)) < 6000
        seconds = len(each.samples) / 16000
        assert 0.4 < seconds < 12
        edges = np.concatenate((each.samples[:400], each.samples[-1600:])).astype(float)
        assert np.sqrt(np.mean(edges**2)) < np.abs(each.samples).max() / 4


def test_errors_are_counted_in_characters() -> None:
    assert edits("", "abc") == edits("abc", "") == 3
    assert edits("turn on", "turn off") == 2
    assert edits("kitten", "sitting") == 3
    assert edits("same", "same") == 0
