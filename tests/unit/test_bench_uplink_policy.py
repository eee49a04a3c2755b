"""`bench uplink-policy` judges by what was answered, what was done, and how late."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from xtalk_edge.cli.bench import uplink_hearing, uplink_losses, uplink_policy, uplink_stalls
from xtalk_edge.cli.bench.percentiles import Percentiles
from xtalk_edge.clock import run_virtual
from xtalk_edge.config.load import load

GOOD = uplink_policy.Row(
    what="stalls, prefer",
    turns=26,
    answered=26,
    effects=13,
    effects_once=13,
    took_ms=Percentiles(700.0, 1_550.0, 9_000.0, 26),
    limit_ms=1_550.0,
)


@pytest.mark.parametrize(
    ("change", "passed"),
    [
        ({}, True),
        ({"answered": 25}, False),
        ({"turns": 0, "answered": 0}, False),
        ({"effects_once": 12}, False),
        ({"took_ms": None}, False),
        ({"took_ms": Percentiles(700.0, 1_551.0, 1_551.0, 26)}, False),
        ({"took_ms": None, "limit_ms": None}, True),
    ],
)
def test_each_limit_counts(change: dict[str, Any], passed: bool) -> None:
    assert replace(GOOD, **change).passed is passed


@pytest.mark.slow
def test_replies_that_are_lost_end_well(tmp_path: Path) -> None:
    config = uplink_policy.beside_server("agent", None, (), tmp_path)
    found = run_virtual(uplink_losses.losses(config, 1))
    assert (found.deaths, found.ended_well) == (1, 1)
    assert (found.next_answered, found.well_answered) == (1, 1)
    assert len(found.next_ms) == 1


@pytest.mark.slow
def test_a_server_that_hears_and_fails_in_mid_turn_leaves_one_answer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    some = tuple(uplink_hearing.Fault(*each) for each in [(True, 4, True), (False, 1, False)])
    monkeypatch.setattr(uplink_hearing, "FAULTS", some)
    config = uplink_policy.beside_server("full", None, (), tmp_path)
    stood_still, died, well = run_virtual(uplink_hearing.hearing(config, 1))
    assert (stood_still.turns, stood_still.answered_once) == (1, 1)
    assert (died.turns, died.answered_once) == (1, 1)
    assert (well.turns, well.answered_once) == (2, 2)


@pytest.mark.slow
def test_turns_at_a_servers_mercy_are_answered(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(uplink_stalls, "POINTS", 3)
    monkeypatch.setattr(uplink_stalls, "LEAST_BASELINES", 1)
    config = load(None, (f'store.state_dir="{tmp_path}"', "uplink.deadline_ms=100"))
    found = asyncio.run(uplink_stalls.stalls(config, "prefer", 1, lambda _told: None))
    assert found.turns == found.answered_once == 6
    assert found.commands == found.effects_once == 3
    assert len(found.added_ms) == 6
