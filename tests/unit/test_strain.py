"""What a machine suffers from is judged with room between the limits."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from xtalk_edge.events import LatencyMetricsUpdated
from xtalk_edge.service.machine_state import MachineState
from xtalk_edge.service.strain import Level, Limits, Strain, readings
from xtalk_edge.service.turn_budget import KEPT_TURNS, REMEMBERED_S, Spread, TurnBudget

LIMITS = Limits(hot_c=80.0, memory_mb=60.0, stalled_percent=10.0, answer_ms=1000.0)
WELL = MachineState(
    temperature_c=50.0, throttled=False, memory_mb=4000, memory_free_mb=2000,
    memory_stalled_percent=0.0,
)  # fmt: skip


def level(strain: Strain, machine: MachineState, budget: TurnBudget | None = None) -> Level:
    return readings(machine, budget or TurnBudget(), LIMITS, at_s=100.0)[strain].level


@pytest.mark.parametrize(
    ("change", "found"),
    [
        ({}, Level.CALM),
        ({"temperature_c": 72.0}, Level.CALM),
        ({"temperature_c": 72.1}, Level.BETWEEN),
        ({"temperature_c": 80.0}, Level.PRESSED),
        ({"throttled": True}, Level.PRESSED),
        ({"temperature_c": None, "throttled": None}, Level.CALM),
    ],
)
def test_heat(change: dict[str, Any], found: Level) -> None:
    assert level(Strain.HEAT, replace(WELL, **change)) is found


@pytest.mark.parametrize(
    ("change", "found"),
    [
        ({}, Level.CALM),
        ({"memory_free_mb": 90}, Level.CALM),
        ({"memory_free_mb": 89}, Level.BETWEEN),
        ({"memory_free_mb": 60}, Level.PRESSED),
        ({"memory_stalled_percent": 3.1}, Level.BETWEEN),
        ({"memory_stalled_percent": 10.0}, Level.PRESSED),
        ({"memory_free_mb": None, "memory_stalled_percent": None}, Level.CALM),
    ],
)
def test_memory(change: dict[str, Any], found: Level) -> None:
    assert level(Strain.MEMORY, replace(WELL, **change)) is found


def test_words_tell_what_was_seen() -> None:
    hot = replace(WELL, temperature_c=83.4, throttled=True, memory_free_mb=52)
    now = readings(hot, turns(5, asr_final_ms=200.0, llm_sentence_ms=1700.0), LIMITS, at_s=100.0)
    assert now[Strain.HEAT].words == (
        "the processor has slowed itself down; the processor has 83 °C"
    )
    assert now[Strain.MEMORY].words == (
        "52 MB of memory are free and 0 % of the time is spent waiting for it"
    )
    assert now[Strain.AGENT].words == "answers take 1.9 s, of which the agent 1.7 s"


def turns(count: int, at_s: float = 100.0, **stages: Any) -> TurnBudget:
    budget = TurnBudget()
    for number in range(count):
        budget.add(LatencyMetricsUpdated(turn_id=number + 1, at_s=at_s, **stages))
    return budget


def test_who_takes_longest_is_to_blame() -> None:
    slow = turns(5, asr_final_ms=300.0, llm_first_token_ms=400.0, llm_sentence_ms=400.0)
    assert level(Strain.AGENT, WELL, slow) is Level.PRESSED
    assert level(Strain.RECOGNISER, WELL, slow) is Level.BETWEEN
    assert level(Strain.VOICE, WELL, turns(5, tts_first_chunk_ms=1000.0)) is Level.PRESSED
    assert level(Strain.VOICE, WELL, turns(5, tts_first_chunk_ms=601.0)) is Level.BETWEEN
    assert level(Strain.VOICE, WELL, turns(5, tts_first_chunk_ms=600.0)) is Level.CALM


def test_a_pause_that_was_waited_for_is_no_work() -> None:
    assert level(Strain.AGENT, WELL, turns(5, endpoint_wait_ms=5000.0, asr_final_ms=10.0)) is (
        Level.CALM
    )


def test_few_turns_and_old_ones_say_nothing() -> None:
    assert level(Strain.VOICE, WELL, turns(4, tts_first_chunk_ms=9000.0)) is Level.CALM
    old = turns(5, at_s=100.0 - REMEMBERED_S - 1, tts_first_chunk_ms=9000.0)
    assert level(Strain.VOICE, WELL, old) is Level.CALM


def test_the_budget_knows_middle_and_tail_of_each_stage() -> None:
    budget = TurnBudget()
    for number in range(40):
        budget.add(LatencyMetricsUpdated(at_s=0.0, asr_final_ms=float(number)))
    assert budget.stage("asr_final_ms", 0.0) == Spread(30.0, 39.0, KEPT_TURNS)
    assert budget.stage("tts_first_chunk_ms", 0.0) is None
    budget.clear()
    assert budget.stage("asr_final_ms", 0.0) is None
    assert budget.slowest(0.0) == ("", 0.0)


@given(st.lists(st.floats(0, 1e5), min_size=1, max_size=KEPT_TURNS))
def test_the_middle_lies_among_the_figures_and_below_the_tail(times_ms: list[float]) -> None:
    budget = TurnBudget()
    for took_ms in times_ms:
        budget.add(LatencyMetricsUpdated(at_s=0.0, asr_final_ms=took_ms))
    work = budget.work(0.0)
    assert work is not None
    assert min(times_ms) <= work.p50 <= work.p95 <= max(times_ms)
    assert {work.p50, work.p95} <= set(times_ms)
