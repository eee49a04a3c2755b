"""Slots of a follow-up whose meaning takes the call before, as "and the bedroom"; no I/O."""

from __future__ import annotations

import re
from collections.abc import Callable
from random import Random

from models.starter.language.figures import Arguments, Said
from models.starter.language.free_text import lists
from models.starter.language.units import MEASURES

UNDO = (
    "cancel that", "undo", "undo that", "turn it {}", "switch it {}",
    "turn it {} again", "turn it back {}", "turn them {} again", "turn that {}", "and {} again",
    "{} again", "no {}", "no turn it {}", "take that back", "turn it {} please", "back {}",
    "sorry turn it {}", "turn {} again", "turn it back", "switch that back", "the other way round",
    "no the other way", "switch it back {}", "now {}", "now turn it {}", "and now {} again",
    "okay turn it {}", "now turn it {} again",
)  # fmt: skip
PLACED = re.compile(
    r" (?:in|on|at|by|next|over|under|above|behind|beside|near|around|along|inside|outside|against"
    r"|opposite|upstairs|downstairs|out|up|number|one|two|three|four|five|six|seven|eight|nine|ten"
    r"|\d+)\b"
)
"""Where a device's place or number begins: of a "lamp next to the sofa" the kind is "lamp"."""

EVERYTHING = ("everything", "all of them", "all", "it all")


def elsewhere(earlier: Arguments, rng: Random) -> Said:
    """Return another room: after "kitchen light", "bedroom" is the "bedroom light"."""
    room = rng.choice(lists()["room"])
    if rng.random() < 0.1:
        room = f"{rng.choice(lists()['first_name'])}'s room"
    return room, {"device": moved(str(earlier.get("device", "light")), room)}


def moved(device: str, room: str) -> str:
    """Return what the same kind of device is called in another room."""
    if device in EVERYTHING:
        return f"{device} in the {room}"
    before, where, _ = device.partition(" in the ")
    if where:
        return f"{before}{where}{room}"
    for known in sorted(lists()["room"], key=len, reverse=True):
        if device.startswith(f"{known} "):
            return f"{room} {device.removeprefix(known).strip()}"
    kind = PLACED.split(device)[0]
    return f"{room} {kind.rsplit(' ', 1)[-1]}"


def undone(earlier: Arguments, rng: Random) -> Said:
    """Return how to take a switch back; it means the other state."""
    state = "off" if earlier["state"] == "on" else "on"
    return rng.choice(UNDO).format(state), {"state": state}


def other_unit(earlier: Arguments, rng: Random) -> Said:
    """Return another unit of what was converted: after miles to kilometers, "meters"."""
    from_unit = earlier.get("from_unit", "miles")
    kinds = [units for units in MEASURES if any(from_unit in names for names in units)]
    others = [
        names[1:] for units in kinds for names in units
        if from_unit not in names and earlier.get("to_unit") not in names
    ]  # fmt: skip
    unit = rng.choice(rng.choice(others))
    return unit, {"to_unit": unit}


GOING_ON: dict[str, Callable[[Arguments, Random], Said]] = {
    "same_thing_elsewhere": elsewhere,
    "undo_switching": undone,
    "wanted_unit": other_unit,
}
