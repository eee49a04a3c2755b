"""What is said over the device: "stop" in its company, and what must not stop it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from random import Random

import numpy as np

from models.starter.stop.voices import Voice
from xtalk_edge.audio.format import RATE_HZ, Samples
from xtalk_edge.audio.resample import to_int16

BEFORE = ("", "", "", "", "", "please", "okay", "no", "oh", "hey", "now", "just")
AFTER = ("", "", "", "", "", "it", "that", "talking", "please", "now", "the timer", "the music")
_NEAR = """
    top shop step stock start store drop spot stuff stuck story chop hop pop stool staff stab
    state stopper stomp stamp steep stoop stripe strap soap sob swap cop crop flop prop stub
    stand still stay stone stove stir best most last first tops shops it's on what stockings
    """
NEAR = _NEAR.split()
TALK = (
    "and then we went to the shop", "set a timer for ten minutes", "what time is it in london",
    "I stepped on the top step", "start the music", "add milk to the shopping list",
    "it was on top",
    "they drop the price every spring", "a story about a ship", "the stock is up", "is that so",
    "could you tell me the date", "turn it down a bit", "the store is closed today",
    "yes I think so",
    "do you want some tea", "it's starting to rain", "the best part of it", "he spotted the dog",
    "uh-huh", "okay", "mm hmm", "right", "I see", "go on", "really", "what about tomorrow",
    "we stayed at home", "put the pot on the stove", "hop on the bus", "that's what I thought",
)  # fmt: skip


BENDS = (0.88, 0.92, 0.96, 1.0, 1.0, 1.04, 1.08, 1.12)


@dataclass(frozen=True, slots=True)
class Saying:
    """Something said once."""

    sound: Samples
    """At 16 kHz."""
    stop_ends: int | None
    """Sample behind the word "stop"; None where it is not said."""


def sayings(voices: Sequence[Voice], people: Sequence[Samples], seed: int) -> Iterator[Saying]:
    """Yield what is said, for ever: "stop" as often as anything else."""
    drawn = Random(seed)
    while True:
        voice, chance = drawn.choice(voices), drawn.random()
        if chance < 0.5:
            yield _bent(_stop(voice, drawn), drawn)
        elif chance < 0.7:
            yield _bent(Saying(voice.say(drawn.choice(NEAR)), None), drawn)
        elif chance < 0.85 or not people:
            yield _bent(Saying(voice.say(drawn.choice(TALK)), None), drawn)
        else:
            yield _bent(Saying(drawn.choice(people), None), drawn)


def _stop(voice: Voice, drawn: Random) -> Saying:
    before, after = drawn.choice(BEFORE), drawn.choice(AFTER)
    sound = voice.say(f"{before} stop".strip())
    ends = len(sound)
    if after:
        gap = np.zeros(drawn.randrange(RATE_HZ // 20), np.int16)
        sound = np.concatenate((sound, gap, voice.say(after)))
    return Saying(sound, ends)


def _bent(said: Saying, drawn: Random) -> Saying:
    """Return it a little higher or lower, and faster or slower with that, as people differ."""
    factor = drawn.choice(BENDS)
    sound = _bend(said.sound, factor)
    ends = None if said.stop_ends is None else round(said.stop_ends / factor)
    return Saying(sound, ends)


def _bend(sound: Samples, factor: float) -> Samples:
    # Speech has little above 4 kHz, where reading between the samples would be heard.
    at = np.arange(0.0, len(sound) - 1, factor)
    return to_int16(np.interp(at, np.arange(len(sound)), sound.astype(np.float64)))
