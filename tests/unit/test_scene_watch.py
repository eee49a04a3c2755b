"""Descriptions are asked for no more often than something may have changed."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from xtalk_edge.turn.scene_watch import MOST_INTERVALS, Look, SceneWatch

INTERVAL_S, WINDOW_S, QUIET_DB = 1.5, 5.0, -50.0
LOUD_DB = -30.0


def watch() -> SceneWatch:
    return SceneWatch(INTERVAL_S, WINDOW_S, QUIET_DB)


def asked(levels: list[float], caption: str = "Rain can be heard.") -> list[Look]:
    """Return what was to be done at each interval, where each description is the same."""
    scene, looks = watch(), []
    for number, level in enumerate(levels, 1):
        looks.append(scene.look(number * INTERVAL_S, level))
        if looks[-1] is Look.DESCRIBE:
            scene.described(caption)
    return looks


@given(st.lists(st.floats(-120.0, QUIET_DB, exclude_max=True), max_size=50))
@pytest.mark.slow
def test_a_quiet_room_is_never_described(levels: list[float]) -> None:
    assert set(asked(levels)) <= {Look.NOTHING}


def test_a_room_in_which_nothing_changes_is_described_more_and_more_rarely() -> None:
    at = [n for n, look in enumerate(asked([LOUD_DB] * 60)) if look is Look.DESCRIBE]
    assert at[:5] == [0, 1, 3, 7, 15]
    assert {after - before for before, after in itertools.pairwise(at[4:])} == {MOST_INTERVALS}


def test_another_level_is_described_at_once() -> None:
    looks = asked([LOUD_DB] * 20 + [LOUD_DB + 7.0])
    assert looks[-1] is Look.DESCRIBE


def test_another_description_brings_the_next_one_soon() -> None:
    scene = watch()
    for number in range(8):
        if scene.look(number * INTERVAL_S, LOUD_DB) is Look.DESCRIBE:
            scene.described("Rain can be heard.")
    assert scene.described("Thunder can be heard.")
    assert scene.look(8 * INTERVAL_S, LOUD_DB) is Look.DESCRIBE


def test_what_was_heard_holds_for_its_window_and_is_forgotten_once() -> None:
    looks = asked([LOUD_DB] + [-70.0] * 10)
    assert [n for n, look in enumerate(looks) if look is Look.FORGET] == [4]
    assert looks.count(Look.DESCRIBE) == 1


@given(st.lists(st.floats(-120.0, 0.0), max_size=60))
@pytest.mark.slow
def test_never_more_often_than_the_interval_and_never_forgotten_twice(levels: list[float]) -> None:
    scene, held = watch(), False
    asked_s = float("-inf")
    for number, level in enumerate(levels, 1):
        at_s = number * INTERVAL_S / 3
        look = scene.look(at_s, level)
        if look is Look.DESCRIBE:
            assert level >= QUIET_DB
            assert at_s - asked_s >= INTERVAL_S / 2
            asked_s = at_s
            assert scene.described("A dog barking can be heard.") is not held
            held = True
        elif look is Look.FORGET:
            assert held
            assert scene.text == ""
            held = False
