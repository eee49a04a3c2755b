"""What happens in a household in a month: who asks what and when, and what fails meanwhile (pure,
but for the dice).
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

DAY_S = 86_400.0

Kind = Literal["question", "server lost", "server back", "unplugged", "overrun", "stall"]

HABITS = {
    "what time is it": 12,
    "what's the date today": 4,
    "what day is it": 2,
    "what time is it in london": 1,
    "how many days until christmas": 1,
    "set a timer for five minutes": 8,
    "set a ten minute timer": 4,
    "set the pasta timer for eight minutes": 4,
    "set a timer for half an hour": 2,
    "how much time is left": 3,
    "cancel the pizza timer": 1,
    "set a fifteen minute pizza timer": 1,
    "wake me up at half past six": 1,
    "what alarms do i have": 1,
    "cancel my alarm": 1,
    "add milk to the shopping list": 4,
    "add bread and butter to my shopping list": 2,
    "put coffee on the list": 2,
    "we need toilet paper": 1,
    "take eggs off the list": 1,
    "what's on the shopping list": 3,
    "what is seven times eight": 2,
    "how much is fifteen times three": 1,
    "tell me a joke": 3,
    "flip a coin": 2,
    "set the volume to thirty percent": 1,
    "set the volume to fifty percent": 1,
    "what can you do": 1,
    "what's the weather today": 3,
}
"""What people ask such a device for, and how often beside the other things. The last is for a
server, where one is there."""

VOICES = ("en-us", "en-gb", "en-gb+f3", "en-gb-scotland+m1")
"""Of a household of four. Of synthetic voices the wake word knows some, and some not at all;
`bench wake` tells which."""

WAKING = ((0.0, 0.02), (6.0, 0.3), (7.0, 1.0), (9.0, 0.4), (12.0, 0.7), (14.0, 0.3), (17.0, 1.0),
          (21.0, 0.6), (23.0, 0.05))  # fmt: skip
"""From that hour on, how much is asked in an hour, beside the other hours."""

FAULTS: tuple[Kind, ...] = ("unplugged", "overrun", "stall")

FAULTS_A_DAY, LOSSES_A_DAY = 2, 2
"""Of the sound card and of the network: more than an owner would put up with."""

LOST_S = (60.0, 3_600.0)
"""How long the network is away."""

APART_S = 60.0
"""Between two questions: an answer, and the time in which one may go on."""

INTO_TURN_S = 5.0
"""Every second fault of the card comes within so long after somebody began to speak."""


@dataclass(frozen=True, slots=True)
class Happening:
    """Something that happens, seconds from the first midnight."""

    at_s: float
    kind: Kind
    says: str = ""
    voice: str = ""
    fault_after_s: float | None = None
    """Of a question: how long after its beginning the card fails; None for never."""
    fault: Kind = "overrun"


def month(days: int, turns: int, seed: int) -> list[Happening]:
    """Return all that happens in so many days, in order; `turns` of it are questions."""
    dice = random.Random(seed)
    happenings = list(_questions(days, turns, dice))
    for day in range(days):
        for _ in range(LOSSES_A_DAY):
            lost_s = DAY_S * (day + dice.random())
            happenings.append(Happening(lost_s, "server lost"))
            happenings.append(Happening(lost_s + dice.uniform(*LOST_S), "server back"))
        # The others come in the middle of a turn.
        for _ in range(FAULTS_A_DAY // 2):
            happenings.append(Happening(DAY_S * (day + dice.random()), dice.choice(FAULTS)))
    return sorted(happenings, key=lambda each: each.at_s)


def _questions(days: int, turns: int, dice: random.Random) -> Iterator[Happening]:
    times = sorted(DAY_S * dice.randrange(days) + _time_of_day_s(dice) for _ in range(turns))
    failing = set(dice.sample(range(turns), min(turns, days * FAULTS_A_DAY // 2)))
    texts, weights = list(HABITS), list(HABITS.values())
    free_s = 0.0
    for number, at_s in enumerate(times):
        at_s = max(at_s, free_s)
        free_s = at_s + APART_S
        yield Happening(
            at_s,
            "question",
            says=dice.choices(texts, weights)[0],
            voice=dice.choice(VOICES),
            fault_after_s=dice.uniform(0.0, INTO_TURN_S) if number in failing else None,
            fault=dice.choice(FAULTS),
        )


def _time_of_day_s(dice: random.Random) -> float:
    ends = [hour for hour, _ in WAKING[1:]] + [24.0]
    shares = [rate * (end - hour) for (hour, rate), end in zip(WAKING, ends, strict=True)]
    (hour, _), end = dice.choices(list(zip(WAKING, ends, strict=True)), shares)[0]
    return 3600.0 * dice.uniform(hour, end)
