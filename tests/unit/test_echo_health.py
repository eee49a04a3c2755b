"""Whether the device listens while it talks depends on how much of its voice is removed."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from xtalk_edge.turn.echo_health import FINE_DB, KNOWN_FROM, POOR_DB, REMEMBERED, EchoHealth


def after(*pieces_db: float, health: EchoHealth | None = None) -> EchoHealth:
    health = health or EchoHealth()
    for removed_db in pieces_db:
        health.learn(removed_db)
    return health


@given(st.lists(st.floats(-20, 60), max_size=KNOWN_FROM - 1))
@pytest.mark.slow
def test_nothing_is_said_before_enough_was_heard(pieces_db: list[float]) -> None:
    health = after(*pieces_db)
    assert health.removed_db is None
    assert not health.poor


@given(st.floats(-5, 60))
@pytest.mark.slow
def test_what_is_removed_is_told(removed_db: float) -> None:
    health = after(*[removed_db] * KNOWN_FROM)
    assert health.removed_db == removed_db
    assert health.poor == (removed_db < POOR_DB)


@given(st.floats(0, POOR_DB - 0.1), st.floats(POOR_DB, FINE_DB - 0.1))
@pytest.mark.slow
def test_between_poor_and_fine_nothing_changes(poor_db: float, between_db: float) -> None:
    health = after(*[poor_db] * REMEMBERED)
    assert health.poor
    assert after(*[between_db] * REMEMBERED, health=health).poor
    assert not after(*[FINE_DB] * REMEMBERED, health=health).poor
    assert not after(*[between_db] * REMEMBERED, health=health).poor


@given(st.integers(0, KNOWN_FROM // 2 - 1))
def test_people_who_talk_over_it_do_not_make_it_poor(talked_over: int) -> None:
    assert not after(*[30.0] * (KNOWN_FROM - talked_over), *[0.0] * talked_over).poor
