"""Nothing is lost and nothing comes twice, whatever the recogniser does to its last words."""

from __future__ import annotations

from dataclasses import replace
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from xtalk_edge.turn.realign import reaches
from xtalk_edge.turn.segments import Segment, Segmenter, SegmentPolicy

STEP_S = 0.25
"""Between two texts of the recogniser."""

POLICY = SegmentPolicy()

seeds = st.builds(Random, st.integers(0, 1 << 32))
"""What a recogniser does is drawn from these: quicker than a choice at a time."""
policies = st.builds(
    SegmentPolicy,
    held_words=st.integers(0, 3),
    stable_updates=st.integers(0, 3),
    stable_s=st.sampled_from([0.3, 0.6, 5.0]),
    segment_words=st.integers(1, 9),
    clause_words=st.integers(1, 6),
)


def some_words(random: Random, most: int, shortest: int = 1) -> list[str]:
    lengths = [random.randint(shortest, 6) for _ in range(random.randint(0, most))]
    return ["".join(random.choices("abcdefghij", k=length)) for length in lengths]


def hear_all(segmenter: Segmenter, texts: list[str], final: str) -> list[Segment]:
    segments = []
    for number, text in enumerate(texts, 1):
        segmenter.hear(text, STEP_S * number, STEP_S * number - 0.1)
        segments += segmenter.due(STEP_S * number)
    end_s = STEP_S * (len(texts) + 1)
    return segments + segmenter.end(final, end_s, end_s - 0.1)


def texts_of(segments: list[Segment]) -> list[str]:
    return [segment.text for segment in segments]


def hearing(random: Random, deepest: int) -> tuple[str, list[str]]:
    """Return what was said, and what a recogniser writes that changes its last words at random."""
    marks = ["", "", "", "", ",", ".", "?", ";"]
    said = [word + random.choice(marks) for word in some_words(random, 30)]
    heard = []
    at = 0
    while at < len(said):
        at = min(len(said), at + random.randint(0, 3))
        unsure = random.randint(0, min(deepest, at))
        guessed = some_words(random, unsure + 1) if unsure else []
        heard.append(" ".join([*said[: at - unsure], *guessed]))
    return " ".join(said), heard


@given(seeds, policies)
def test_a_text_that_only_grows_comes_word_for_word(random: Random, policy: SegmentPolicy):
    said, heard = hearing(random, deepest=0)
    segments = hear_all(Segmenter(policy), heard, said)
    assert " ".join(texts_of(segments)) == said


@given(seeds, policies)
def test_what_changes_before_it_is_certain_comes_as_it_is_in_the_end(
    random: Random, policy: SegmentPolicy
):
    said, heard = hearing(random, deepest=3)
    # Its last three words and one that it put in at the most.
    segments = hear_all(Segmenter(replace(policy, held_words=4)), heard, said)
    assert " ".join(texts_of(segments)) == said


@given(seeds, policies)
def test_a_word_that_is_spelled_anew_when_it_was_given_does_not_come_again(
    random: Random, policy: SegmentPolicy
):
    # Of a word of one letter that is heard as another nobody can tell that it is the same.
    said = some_words(random, 20, shortest=3)
    heard = []
    for at in range(1, len(said) + 1):
        letters = [list(word) for word in said[:at]]
        for word in random.choices(letters, k=random.randint(0, 1)):
            word[random.randrange(len(word))] = random.choice("xyz")
        heard.append(" ".join(map("".join, letters)))
    given_words = " ".join(texts_of(hear_all(Segmenter(policy), heard, " ".join(said)))).split()
    assert len(given_words) == len(said)
    for given_word, meant in zip(given_words, said, strict=True):
        pairs = zip(given_word, meant, strict=True)
        assert all(one == other or one in "xyz" for one, other in pairs)


@pytest.mark.parametrize(
    ("given_text", "text"),
    [("a nother day", "another day to come"), ("icecream tastes", "i scream tastes to come")],
)
def test_words_written_together_or_apart_later_come_once(given_text: str, text: str) -> None:
    count = len(given_text.split())
    segmenter = Segmenter(SegmentPolicy(0, 0, segment_words=count))
    segmenter.hear(given_text, 1.0, 0.9)
    assert texts_of(segmenter.due(1.0)) == [given_text]
    segmenter.hear(text, 1.2, 1.1)
    assert segmenter.pending == "to come"


@given(st.text("ab", max_size=8), st.text("ab", max_size=12))
def test_what_was_taken_is_found_in_its_own_text(taken: str, more: str) -> None:
    assert reaches(taken, taken + more) == len(taken)
    assert reaches(taken, "") == 0
    assert 0 <= reaches(taken, more) <= len(more)


@pytest.mark.parametrize(
    ("taken", "letters", "to"),
    [
        ("iscream", "icecreamtastes", 8),
        ("thekitchn", "thekitchenlight", 10),
        ("therecord", "therecor", 8),
        ("onetwocat", "onetwodogrun", 9),
    ],
)
def test_a_revision_is_found_again(taken: str, letters: str, to: int) -> None:
    assert reaches(taken, letters) == to


def test_a_sentence_is_a_piece_while_the_next_is_being_said():
    segmenter = Segmenter(POLICY)
    segmenter.hear("Good morning. How", 1.0, 0.9)
    assert segmenter.due(1.0) == []
    segmenter.hear("Good morning. How are", 1.2, 1.1)
    assert segmenter.due(1.2) == [Segment("Good morning.", 0.9)]
    assert segmenter.pending == "How are"


def test_many_words_are_a_piece_and_a_comma_ends_a_clause_that_is_long_enough():
    segmenter = Segmenter(replace(POLICY, segment_words=5, stable_updates=0))
    segmenter.hear("one, two three four five six seven", 1.0, 0.9)
    assert texts_of(segmenter.due(1.0)) == ["one, two three four five"]
    longer = replace(POLICY, segment_words=50, stable_updates=0)
    segmenter = Segmenter(longer)
    segmenter.hear("one, two three four, five six", 1.0, 0.9)
    assert texts_of(segmenter.due(1.0)) == ["one, two three four,"]


def test_time_makes_a_word_certain_too():
    segmenter = Segmenter(replace(POLICY, stable_updates=9))
    segmenter.hear("Yes. And", 1.0, 0.9)
    assert segmenter.due(1.5) == []
    assert texts_of(segmenter.due(1.6)) == ["Yes."]


def test_a_word_that_is_gone_for_a_moment_does_not_come_again():
    segmenter = Segmenter(replace(POLICY, segment_words=3, stable_updates=0))
    segmenter.hear("one two three four", 1.0, 0.9)
    assert texts_of(segmenter.due(1.0)) == ["one two three"]
    segmenter.hear("one", 1.2, 1.1)
    assert segmenter.pending == ""
    segmenter.hear("one two three four five", 1.4, 1.3)
    assert segmenter.pending == "four five"


def test_marks_that_are_put_in_end_a_piece_and_stay_while_the_words_do():
    segmenter = Segmenter(POLICY)
    segmenter.hear("good morning how are you", 1.0, 0.9)
    segmenter.mark("Good morning. How are you?")
    segmenter.hear("good morning how are you today", 1.2, 1.1)
    assert texts_of(segmenter.due(1.2)) == ["Good morning."]
    segmenter.mark("something else")
    assert texts_of(segmenter.end("", 2.0, 1.9)) == ["How are you today"]


def test_the_end_gives_the_rest_sentence_by_sentence():
    segmenter = Segmenter(POLICY)
    segmenter.hear("yes it", 1.0, 0.9)
    segments = segmenter.end("Yes. It is noon. I think", 2.0, 1.8)
    assert texts_of(segments) == ["Yes.", "It is noon.", "I think"]
    assert segments[-1].end_s == 1.8


def test_a_recogniser_that_fails_in_the_end_takes_nothing_back():
    segmenter = Segmenter(POLICY)
    segmenter.hear("what was known", 1.0, 0.9)
    assert texts_of(segmenter.end("", 2.0, 1.8)) == ["what was known"]
    assert segmenter.end("", 2.0, 1.8) == []
    assert Segmenter(POLICY).end(" ... ", 1.0, 1.0) == []


def test_scripts_without_spaces_are_cut_at_their_marks():
    segmenter = Segmenter(POLICY)
    segmenter.hear("今天很好。我们去", 1.0, 0.9)
    segmenter.hear("今天很好。我们去公", 1.2, 1.1)
    assert texts_of(segmenter.due(1.2)) == ["今天很好。"]
    assert texts_of(segmenter.end("今天很好。我们去公园", 2.0, 1.9)) == ["我们去公园"]
