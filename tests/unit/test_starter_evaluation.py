"""The brain's figures mean what they say."""

from __future__ import annotations

import itertools
import math
from pathlib import Path
from typing import Any

import gguf
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.starter.brain import certainty
from models.starter.brain.asking import Answer
from models.starter.brain.calibrate import (
    MOST_CAUTIOUS,
    WRONG_ACTIONS,
    WRONG_QUESTIONS,
    Trial,
    as_row,
    drawn,
    platt,
    thresholds,
    trials,
)
from models.starter.brain.evaluate import Outcome, by_tool, described, plain, point, same, summary
from models.starter.corpus.examples import Example
from xtalk_edge.engines.agent.abstention import Abstention
from xtalk_edge.engines.interfaces import ToolCall

CONFIDENCES = st.floats(0.0, 1.0, exclude_min=True, exclude_max=True)


def outcome(tool: str, call: str, confidence: float = 0.9, kind: str = "") -> Outcome:
    """A phrasing that wants a tool, and a call of another or the same; "" is none."""
    row = {"text": "what was said", "tool": tool, "arguments": {}}
    if kind:
        row |= {"kind": kind, "before": {"text": "earlier", "tool": "stop", "arguments": {}}}
    made = ToolCall(call, {}) if call else None
    answer = Answer(made, "" if made else "Sorry.", confidence, confidence, 0.01)
    return Outcome(row, answer, call == tool)


@pytest.mark.parametrize(
    ("said", "meant", "equal"),
    [
        ({"item": "The milk"}, {"item": "milk"}, True),
        ({"item": "milk"}, {"item": "some milk"}, True),
        ({"value": 2}, {"value": 2.0}, True),
        ({"value": 2}, {"value": 3}, False),
        ({"item": "milk", "list": "to do"}, {"item": "milk"}, False),
        ({}, {"item": "milk"}, False),
        ({"item": "oat milk"}, {"item": "milk"}, False),
    ],
)
def test_arguments_are_compared_by_what_they_mean(
    said: dict[str, Any], meant: dict[str, Any], equal: bool
) -> None:
    assert same(ToolCall("add_item", said), "add_item", meant) is equal
    assert not same(ToolCall("remove_item", said), "add_item", meant)
    assert not same(None, "add_item", meant)


@given(st.text("the some milk ", max_size=20))
@pytest.mark.slow
def test_a_text_equals_itself(text: str) -> None:
    assert plain(text) == plain(f" {text.upper()} ")


MIXED = [
    outcome("stop", "stop", 0.9), outcome("stop", "repeat", 0.6), outcome("stop", ""),
    outcome("", "stop", 0.7), outcome("", ""), outcome("stop", "stop", 0.4, "follow-up"),
]  # fmt: skip


def test_a_threshold_holds_back_what_is_less_sure() -> None:
    low, high = point(MIXED, 0.0), point(MIXED, 0.65)
    assert (low.right, low.held_back, low.wrong, low.acted_out) == (0.5, 0.25, 0.25, 0.5)
    assert (high.right, high.held_back, high.wrong, high.acted_out) == (0.25, 0.75, 0.0, 0.5)
    assert point(MIXED, 0.8).acted_out == 0.0
    assert point([], 0.5).right == 0.0


@given(st.lists(st.tuples(st.booleans(), st.booleans(), CONFIDENCES), min_size=1))
@pytest.mark.slow
def test_more_caution_never_does_more(cases: list[tuple[bool, bool, float]]) -> None:
    results = [
        outcome("stop" if wants else "", "stop" if calls else "", sure)
        for wants, calls, sure in cases
    ]
    points = [point(results, step / 10) for step in range(11)]
    for one, next_one in itertools.pairwise(points):
        assert next_one.right <= one.right
        assert next_one.acted_out <= one.acted_out
        assert next_one.held_back >= one.held_back


def test_the_summary_counts_by_kind_and_tool() -> None:
    figures = summary(MIXED)
    assert figures["kinds"] == {
        "follow-up": {"right": 1, "of": 1}, "in": {"right": 1, "of": 3},
        "out": {"right": 1, "of": 2},
    }  # fmt: skip
    assert figures["median_ms"] == 10.0
    assert by_tool(MIXED) == {"(none)": (1, 2), "stop": (2, 4)}


def test_a_miss_is_described_in_a_line() -> None:
    assert described(MIXED[2]) == "what was said: wanted stop{}, got 'Sorry.' (0.90)"
    assert described(MIXED[5]).startswith("[earlier] what was said")
    assert "wanted no tool, got stop{}" in described(MIXED[3])


def trial(raw: float, right: bool, command: bool = True, effects: bool = True) -> Trial:
    return Trial(raw, right, command, effects, 1.0)


def test_confidence_becomes_the_chance_of_being_right() -> None:
    made = [trial(0.9, index % 2 == 0) for index in range(200)]
    made += [trial(0.999, index % 20 > 0) for index in range(200)]
    scale, offset = platt(made)
    fit = Abstention(scale=scale, offset=offset)
    assert fit.calibrated(0.9) == pytest.approx(0.5, abs=0.03)
    assert fit.calibrated(0.999) == pytest.approx(0.95, abs=0.03)


@given(st.lists(st.tuples(CONFIDENCES, st.booleans()), min_size=1, max_size=60))
@pytest.mark.slow
def test_any_trials_can_be_fitted(cases: list[tuple[float, bool]]) -> None:
    assert all(map(math.isfinite, platt([trial(*case) for case in cases])))


@given(st.lists(st.tuples(CONFIDENCES, st.booleans()), min_size=1, max_size=60))
@pytest.mark.slow
def test_thresholds_keep_what_they_promise(calls: list[tuple[float, bool]]) -> None:
    quiet = [trial(raw / 1.02, False, command=False, effects=effects) for raw, effects in calls]
    act, ask = thresholds([*quiet, trial(0.9, True)], 1.0, 0.0)
    assert 0.5 <= ask <= act < 1.0
    told = sum(t.raw >= ask and not t.effects for t in quiet)
    done = told + sum(t.raw >= act and t.effects for t in quiet)
    asked = sum(t.raw >= ask for t in quiet)
    assert told / len(quiet) <= WRONG_ACTIONS / 2 or ask == MOST_CAUTIOUS
    assert done / len(quiet) <= WRONG_ACTIONS or act == MOST_CAUTIOUS
    assert asked / len(quiet) <= WRONG_QUESTIONS or ask == MOST_CAUTIOUS


@pytest.mark.slow
def test_a_drawn_example_is_a_phrasing() -> None:
    rows = drawn(40)
    assert len(rows) == 40
    assert {bool(row["tool"]) for row in rows} == {True, False}
    assert any("before" in row for row in rows)
    assert as_row(Example("hi", "Hello!", "chat"))["tool"] == ""


def test_the_trials_of_one_source_weigh_one() -> None:
    weighed = trials(MIXED)
    assert sum(t.weight for t in weighed) == pytest.approx(1.0)
    assert [t.command for t in weighed] == [True, True, True, False, False, True]


def test_figures_can_be_changed_in_a_finished_file(tmp_path: Path) -> None:
    path = tmp_path / "model.gguf"
    writer = gguf.GGUFWriter(str(path), "llama")
    certainty.add_unfitted(writer)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.close()
    certainty.set_figures(path, {"act_above": 0.75, "confidence_scale": 1.5})
    fields = gguf.GGUFReader(path).fields
    values = {name: float(fields[certainty.key(name)].contents()) for name in certainty.UNFITTED}
    assert values == certainty.UNFITTED | {"act_above": 0.75, "confidence_scale": 1.5}
    assert [each.name for each in tmp_path.iterdir()] == ["model.gguf"]
