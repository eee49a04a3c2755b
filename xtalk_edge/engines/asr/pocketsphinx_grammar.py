"""A grammar in the smallest form that hears the same, in less than half the memory.

PocketSphinx copies a rule wherever it is named, so a grammar with a few large rules becomes a graph
in which many places lead on to the same sentences. Such places are made one. What can be said, and
how likely each way of saying it is, stays as it was.

So must the sounds: the beginning of a word sounds after the word before it. PocketSphinx takes for
all words at a place the same sound before them, of those that may be the first by name. Places stay
apart where that one differs.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from xtalk_edge.engines.asr.pocketsphinx_lexicon import Lexicon, public_rule

SILENCE = "SIL"


class Step(NamedTuple):
    """From one place of a graph to another."""

    start: int
    end: int
    weight: str
    """As PocketSphinx wrote it."""
    word: str
    """"" for a step that says nothing."""


class Graph(NamedTuple):
    """What may be said: any way from the first place to the last."""

    places: int
    first: int
    last: int
    steps: frozenset[Step]


def compact_grammar(
    pocketsphinx: Any, grammar: Path, lexicon: Lexicon, folder: Path, weight: float
) -> Path:
    """Write a JSGF grammar as a small graph into `folder`, and return the file.

    Args:
        pocketsphinx: the library.
        grammar: a JSGF file that a decoder has accepted; others may crash the library.
        lexicon: how its words are said.
        folder: for the graph.
        weight: the language weight it will be searched with.

    Raises:
        ValueError: nothing in it is public.
    """
    rules = pocketsphinx.Jsgf(str(grammar))
    name = public_rule(grammar.read_text(encoding="utf-8"))
    public = rules.get_rule(f"{rules.get_name()}.{name}")
    written = folder / "grammar.fsg"
    rules.build_fsg(public, pocketsphinx.LogMath(), weight).writefile(str(written))
    graph = parse(written.read_text(encoding="utf-8"))
    graph = merged(graph, sounds_before(graph, lexicon.endings()))
    written.write_text(text_of(graph), encoding="utf-8")
    return written


def parse(text: str) -> Graph:
    """Return the graph of a .fsg file as PocketSphinx writes it."""
    heads: dict[str, int] = {}
    steps = set()
    for line in text.splitlines():
        match line.split():
            case ["TRANSITION", start, end, weight, *word]:
                steps.add(Step(int(start), int(end), weight, "".join(word)))
            case [("NUM_STATES" | "START_STATE" | "FINAL_STATE") as head, number]:
                heads[head] = int(number)
    return Graph(heads["NUM_STATES"], heads["START_STATE"], heads["FINAL_STATE"], frozenset(steps))


def sounds_before(graph: Graph, endings: Mapping[str, set[str]]) -> list[str]:
    """Return for each place the sound that PocketSphinx takes to come before every word there.

    Where no word begins, none matters: "".
    """
    before = [{SILENCE} for _ in range(graph.places)]
    for step in graph.steps:
        if step.word:
            before[step.end] |= endings[step.word]
    # Steps that say nothing come with all their combinations: one pass is enough.
    found = [min(sounds) for sounds in before]
    for step in graph.steps:
        if not step.word:
            found[step.end] = min(found[step.end], *before[step.start])
    speaking = {step.start for step in graph.steps if step.word}
    return [sound if place in speaking else "" for place, sound in enumerate(found)]


def merged(graph: Graph, apart: Sequence[str]) -> Graph:
    """Return the graph with all places made one from which the same can be said.

    The coarsest such partition, found by refining: first the last place and all others, those with
    different `apart` apart, then by where the steps of each lead, until nothing more comes apart.
    """
    leaving: dict[int, list[Step]] = defaultdict(list)
    for step in graph.steps:
        leaving[step.start].append(step)
    first: dict[object, int] = {}
    kind = [
        first.setdefault((place == graph.last, apart[place]), len(first))
        for place in range(graph.places)
    ]
    kinds = len(first)
    while True:
        known: dict[object, int] = {}
        finer = [
            known.setdefault(
                (kind[place], frozenset((s.word, s.weight, kind[s.end]) for s in leaving[place])),
                len(known),
            )
            for place in range(graph.places)
        ]
        if len(known) == kinds:
            break
        kind, kinds = finer, len(known)
    steps = {Step(kind[s.start], kind[s.end], s.weight, s.word) for s in graph.steps}
    return Graph(kinds, kind[graph.first], kind[graph.last], frozenset(steps))


def text_of(graph: Graph) -> str:
    """Return the graph as a .fsg file."""
    steps = (
        f"TRANSITION {step.start} {step.end} {step.weight} {step.word}"
        for step in sorted(graph.steps)
    )
    return "\n".join(
        (
            "FSG_BEGIN <grammar>",
            f"NUM_STATES {graph.places}",
            f"START_STATE {graph.first}",
            f"FINAL_STATE {graph.last}",
            *steps,
            "FSG_END\n",
        )
    )
