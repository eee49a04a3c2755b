"""What is said after a call means what that call makes of it."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.starter.language.follow_up_slots import GOING_ON, moved
from models.starter.language.units import MEASURES, conversion

SEEDS = st.integers(0, 2**32)


@pytest.mark.parametrize(
    ("device", "room", "expected"),
    [
        ("kitchen light", "bedroom", "bedroom light"),
        ("living room floor lamp", "hall", "hall floor lamp"),
        ("light in the kitchen", "bedroom", "light in the bedroom"),
        ("lamp", "attic", "attic lamp"),
        ("big red fan", "attic", "attic fan"),
        ("everything", "kitchen", "everything in the kitchen"),
    ],
)
def test_another_room_moves_the_device(device: str, room: str, expected: str) -> None:
    assert moved(device, room) == expected


@given(SEEDS)
def test_a_room_alone_means_a_device_there(seed: int) -> None:
    earlier = {"device": "kitchen light", "state": "on"}
    room, meant = GOING_ON["same_thing_elsewhere"](earlier, random.Random(seed))
    assert meant == {"device": f"{room} light"}


@given(SEEDS, st.sampled_from(["on", "off"]))
def test_taking_back_a_switch_means_the_other_state(seed: int, state: str) -> None:
    earlier = {"device": "lamp", "state": state}
    said, meant = GOING_ON["undo_switching"](earlier, random.Random(seed))
    assert meant["state"] != state
    assert f" {state}" not in f" {said}".replace("the other", "")


@given(SEEDS)
def test_another_unit_measures_the_same_kind(seed: int) -> None:
    rng = random.Random(seed)
    _, earlier = conversion(rng)
    said, meant = GOING_ON["wanted_unit"](earlier, rng)
    assert meant == {"to_unit": said}
    assert said != earlier["to_unit"]
    kinds = [{name for unit in units for name in unit} for units in MEASURES]
    assert any({said, earlier["from_unit"]} <= kind for kind in kinds)
