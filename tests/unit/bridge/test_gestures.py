"""What fingers do."""

from __future__ import annotations

import pytest

from firmware_bridge.gestures import DOUBLE_MS, LONG_MS, Gestures
from firmware_bridge.messages import Action

P, R, T, D, L = Action.PRESS, Action.RELEASE, Action.TAP, Action.DOUBLE, Action.LONG


@pytest.mark.parametrize(
    ("moves_ms", "told"),
    [
        ([1000, 1100], [(P, 1000), (R, 1100), (T, 1100 + DOUBLE_MS)]),
        ([1000, 1100, 1300, 1400], [(P, 1000), (R, 1100), (P, 1300), (R, 1400), (D, 1400)]),
        ([1000, 1700], [(P, 1000), (L, 1000 + LONG_MS), (R, 1700)]),
        (
            [1000, 1100, 1300, 2000],
            [(P, 1000), (R, 1100), (P, 1300), (T, 1900), (L, 1900), (R, 2000)],
        ),
        (
            [1000, 1100, 1500, 1600],
            [(P, 1000), (R, 1100), (T, 1400), (P, 1500), (R, 1600), (T, 1900)],
        ),
    ],
    ids=["tap", "double tap", "long press", "tap and long press", "two taps"],
)
def test_moves_of_a_button_are_told_for_what_they_are(
    moves_ms: list[int], told: list[tuple[Action, int]]
) -> None:
    button, heard = Gestures(), []
    for index, at_ms in enumerate(moves_ms):
        heard += button.move(index % 2 == 0, at_ms)
    heard += button.tick(10_000)
    assert heard == told
    assert button.due_ms is None


def test_an_edge_that_was_missed_is_no_gesture() -> None:
    button = Gestures()
    assert button.move(False, 10) == []
    assert button.move(True, 20) == [(P, 20)]
    assert button.move(True, 30) == []
