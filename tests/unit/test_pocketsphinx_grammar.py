"""The compact graph says what the grammar says, and sounds as it sounded."""

from __future__ import annotations

import functools
from collections import defaultdict
from pathlib import Path

import pocketsphinx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from xtalk_edge.config.files import data_path
from xtalk_edge.engines.asr.pocketsphinx_grammar import (
    Graph,
    Step,
    compact_grammar,
    merged,
    parse,
    sounds_before,
    text_of,
)
from xtalk_edge.engines.asr.pocketsphinx_lexicon import grammar_words, read_lexicon

ENDINGS = {"set": {"T"}, "the": {"AH", "IY"}, "light": {"T"}, "on": {"N"}}
WORDS = ["", *ENDINGS]
DICTIONARY = Path(str(pocketsphinx.get_model_path())) / "en-us" / "cmudict-en-us.dict"


@st.composite
def graphs(draw: st.DrawFn) -> Graph:
    """Graphs without circles: steps lead to later places only, the last place is the end."""
    places = draw(st.integers(2, 9))
    steps = draw(
        st.frozensets(
            st.builds(
                Step,
                st.integers(0, places - 2),
                st.integers(1, places - 1),
                st.sampled_from(["1.000000", "0.500000"]),
                st.sampled_from(WORDS),
            ).filter(lambda step: step.start < step.end),
            max_size=24,
        )
    )
    return Graph(places, 0, places - 1, _closed(steps))


def _closed(steps: frozenset[Step]) -> frozenset[Step]:
    """Return the steps with every combination of silent ones, as PocketSphinx writes them."""
    known = set(steps)
    while True:
        silent = [step for step in known if not step.word]
        more = {
            Step(one.start, two.end, one.weight, "")
            for one in silent
            for two in silent
            if one.end == two.start
        }
        ends = {(step.start, step.end) for step in silent}
        more = {step for step in more if (step.start, step.end) not in ends}
        if not more:
            return frozenset(known)
        known.add(more.pop())


def _sayings(graph: Graph) -> dict[tuple[str, ...], float]:
    """Return every sentence with the weight of the likeliest way to say it."""
    leaving: dict[int, list[Step]] = defaultdict(list)
    for step in graph.steps:
        leaving[step.start].append(step)

    @functools.cache
    def from_place(place: int) -> dict[tuple[str, ...], float]:
        found: dict[tuple[str, ...], float] = {(): 1.0} if place == graph.last else {}
        for step in leaving[place]:
            for rest, weight in from_place(step.end).items():
                said = (step.word, *rest) if step.word else rest
                found[said] = max(found.get(said, 0.0), float(step.weight) * weight)
        return found

    return from_place(graph.first)


@given(graphs())
@pytest.mark.slow
def test_what_can_be_said_and_how_likely_it_is_stays(graph: Graph) -> None:
    small = merged(graph, sounds_before(graph, ENDINGS))
    assert _sayings(small) == _sayings(graph)
    assert small.places <= graph.places


@given(graphs())
@pytest.mark.slow
def test_merging_again_finds_nothing_more(graph: Graph) -> None:
    small = merged(graph, sounds_before(graph, ENDINGS))
    again = merged(small, sounds_before(small, ENDINGS))
    assert (again.places, len(again.steps)) == (small.places, len(small.steps))


@given(graphs())
@pytest.mark.slow
def test_a_word_keeps_the_sound_before_it(graph: Graph) -> None:
    def spoken(of: Graph) -> set[tuple[str, str]]:
        before = sounds_before(of, ENDINGS)
        return {(before[step.start], step.word) for step in of.steps if step.word}

    assert spoken(merged(graph, sounds_before(graph, ENDINGS))) == spoken(graph)


@given(graphs())
@pytest.mark.slow
def test_a_written_graph_is_read_as_it_was(graph: Graph) -> None:
    assert parse(text_of(graph)) == graph


@pytest.mark.slow
def test_the_starter_grammar_becomes_less_than_half(tmp_path: Path) -> None:
    grammar = data_path("models/starter/commands.jsgf")
    lexicon = read_lexicon(DICTIONARY, grammar_words(grammar.read_text(encoding="utf-8")))
    small = parse(
        compact_grammar(pocketsphinx, grammar, lexicon, tmp_path, 4.0).read_text(encoding="utf-8")
    )
    rules = pocketsphinx.Jsgf(str(grammar))
    whole = rules.build_fsg(rules.get_rule("commands.command"), pocketsphinx.LogMath(), 4.0)
    whole.writefile(str(tmp_path / "whole.fsg"))
    large = parse((tmp_path / "whole.fsg").read_text(encoding="utf-8"))
    assert small.places < large.places / 2
    assert {step.word for step in small.steps} == {step.word for step in large.steps}


@pytest.mark.slow
def test_a_grammar_with_nothing_public_is_refused(tmp_path: Path) -> None:
    grammar = tmp_path / "none.jsgf"
    grammar.write_text("#JSGF V1.0; grammar none; <said> = yes;", encoding="utf-8")
    lexicon = read_lexicon(DICTIONARY, {"yes"})
    with pytest.raises(ValueError, match="public"):
        compact_grammar(pocketsphinx, grammar, lexicon, tmp_path, 4.0)
