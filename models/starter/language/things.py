"""Dice, switches: small values that are known rather than copied; no I/O."""

from __future__ import annotations

from random import Random

from models.starter.language.figures import Said, say_number

USUAL_SIDES = (4, 6, 8, 10, 12, 20, 20, 20, 100)


def dice(rng: Random) -> Said:
    """Return what to roll: "a die", "two dice", "a twenty sided die", "two d6"."""
    kind = rng.random()
    count = rng.choice((2, 2, 2, 3, 3, 4, 5, 6, rng.randint(2, 12)))
    several = say_number(count, rng, rng.random() < 0.25)
    if kind < 0.25:
        one = ("a die", "a dice", "the dice", "the die", "a six sided one", "dice", "some dice",
               "one die")  # fmt: skip
        said = rng.choice(one)
        return said, {"sides": 6} if "six" in said else {"count": 1} if "one" in said else {}
    if kind < 0.6:
        if rng.random() < 0.15:
            several, count = rng.choice((("a pair of", 2), ("a couple of", 2), ("both", 2)))
        return f"{several} {rng.choice(('dice', 'dice', 'dices', 'die'))}", {"count": count}
    sides = rng.choice(USUAL_SIDES) if rng.random() < 0.8 else rng.randint(3, 60)
    written = rng.random() < 0.35
    name = (
        f"d{sides}"
        if written
        else f"{say_number(sides, rng, rng.random() < 0.2)}{rng.choice((' ', '-'))}sided"
    )
    if kind < 0.85:
        ending = "" if written else rng.choice((" die", " dice", " one"))
        return f"{'an' if name.startswith('eight') else 'a'} {name}{ending}", {"sides": sides}
    ending = rng.choice(("", "s")) if written else " dice"
    return f"{several} {name}{ending}", {"count": count, "sides": sides}


def die_sides(rng: Random) -> Said:
    """Return the sides of a die after "a die with"."""
    sides = rng.choice(USUAL_SIDES)
    return f"{say_number(sides, rng, rng.random() < 0.2)} sides", {"sides": sides}


def switched(rng: Random) -> Said:
    """Return a switch's state: a slot, so that no slip of the tongue loses it."""
    state = rng.choice(("on", "off"))
    return state, {"state": state}


THINGS = {"dice": dice, "die_sides": die_sides, "switched": switched}
