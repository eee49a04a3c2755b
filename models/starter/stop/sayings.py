"""What is said over the device: "stop" in its company, and what must not stop it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random

import numpy as np

from models.starter.stop.voices import Voice
from xtalk_edge.audio.format import RATE_HZ, Samples, to_int16
from xtalk_edge.scenes.sounds import at_peak, breath

BEFORE = ("", "", "", "", "", "please", "okay", "no", "oh", "hey", "now", "just")
AFTER = ("", "", "", "", "", "it", "that", "talking", "please", "now", "the timer", "the music")
_NEAR = """
    top shop step stock start store drop spot stuff stuck story chop hop pop stool staff stab
    state stopper stomp stamp steep stoop stripe strap soap sob swap cop crop flop prop stub
    stand still stay stone stove stir best most last first tops shops it's on what stockings
    """
NEAR = _NEAR.split()
TALK_FOLDERS = ("talk", "ears")
"""Beside this folder: what people say to each other, and to a device."""

LISTENING = (
    "uh huh", "mm hmm", "mm", "okay", "right", "i see", "oh", "wow", "really", "all right", "go on",
    "yeah", "yes", "no", "sure", "ah", "huh", "good", "nice", "great", "thanks", "and", "so",
)  # fmt: skip
COUGHS = 0.25
"""Of those sounds."""

COUGH_S, COUGH_DIES_S, COUGH_PAUSE_S = (0.08, 0.35), (0.02, 0.09), (0.05, 0.25)
THROAT_SAMPLES = (2, 9)
"""Over so many a throat takes the mean: the more, the lower the cough."""

RACKET_S, COMES_HZ, LOWEST_HZ = (0.3, 3.0), (0.7, 7.0), 60.0
"""How long noise is, how often it comes back, and below which frequency it grows no more."""

LONGEST_LETTERS = 70
BENDS = (0.88, 0.92, 0.96, 1.0, 1.0, 1.04, 1.08, 1.12)


@dataclass(frozen=True, slots=True)
class Saying:
    """Something said once."""

    sound: Samples
    """At 16 kHz."""
    stop_ends: int | None
    """Sample behind the word "stop"; None where it is not said."""


@dataclass(frozen=True, slots=True)
class Shares:
    """How often what is said; the rest is recordings without the word."""

    stop: float
    near: float
    talk: float
    listening: float
    """Sounds of people who listen: "uh-huh", a cough."""
    racket: float = 0.0
    """What nobody says: made-up noise."""
    alone: float = 0.0
    """Of "stop", beside what chance gives: said with nothing before or behind it."""


OVER_THE_DEVICE = Shares(stop=0.4, near=0.13, talk=0.1, listening=0.27)
OVER_LISTENERS = Shares(stop=0.0, near=0.0, talk=0.0, listening=0.5, racket=0.25)
URGENTLY = Shares(stop=0.65, near=0.1, talk=0.05, listening=0.15, alone=0.6)
IN_QUIET = Shares(stop=0.2, near=0.1, talk=0.35, listening=0.2)


def talk() -> list[str]:
    """Return sentences without the word."""
    here = Path(__file__).parents[1]
    files = sorted(path for folder in TALK_FOLDERS for path in (here / folder).glob("*.txt"))
    lines = (line.split("\t")[0].strip() for path in files if path.name != "exam.txt"
             for line in path.read_text(encoding="utf-8").splitlines())  # fmt: skip
    return [line for line in lines if "stop" not in line.lower() and not line.startswith("#")
            and 3 < len(line) < LONGEST_LETTERS]  # fmt: skip


def sayings(
    voices: Sequence[Voice], recorded: Sequence[Samples], shares: Shares, seed: int
) -> Iterator[Saying]:
    """Yield what is said, for ever."""
    drawn, sentences = Random(seed), talk()
    while True:
        voice, chance = drawn.choice(voices), drawn.random()
        if chance < (below := shares.stop):
            said = _stop(voice, shares.alone, drawn)
        elif chance < (below := below + shares.near):
            said = Saying(voice.say(drawn.choice(NEAR)), None)
        elif chance < (below := below + shares.listening):
            said = Saying(_listening(voice, drawn), None)
        elif chance < (below := below + shares.racket):
            said = Saying(_racket(drawn), None)
        elif chance < below + shares.talk or not recorded:
            said = Saying(voice.say(drawn.choice(sentences)), None)
        else:
            said = Saying(drawn.choice(recorded), None)
        yield _bent(said, drawn)


def _stop(voice: Voice, alone: float, drawn: Random) -> Saying:
    before, after = drawn.choice(BEFORE), drawn.choice(AFTER)
    if alone and drawn.random() < alone:
        before = after = ""
    sound = voice.say(f"{before} stop".strip())
    ends = len(sound)
    if after:
        gap = np.zeros(drawn.randrange(RATE_HZ // 20), np.int16)
        sound = np.concatenate((sound, gap, voice.say(after)))
    return Saying(sound, ends)


def _listening(voice: Voice, drawn: Random) -> Samples:
    if drawn.random() >= COUGHS:
        return voice.say(drawn.choice(LISTENING))
    random = np.random.default_rng(drawn.randrange(2**32))
    throat = drawn.randint(*THROAT_SAMPLES)
    bursts = []
    for _ in range(drawn.randint(1, 3)):
        seconds, dies_s = drawn.uniform(*COUGH_S), drawn.uniform(*COUGH_DIES_S)
        pause = np.zeros(round(drawn.uniform(*COUGH_PAUSE_S) * RATE_HZ))
        bursts += [breath(random, seconds, throat_samples=throat, dies_s=dies_s), pause]
    return to_int16(at_peak(np.concatenate(bursts)))


def _racket(drawn: Random) -> Samples:
    """Return noise of some colour that comes and goes, as of dishes, steps, a wheel."""
    random = np.random.default_rng(drawn.randrange(2**32))
    size = round(drawn.uniform(*RACKET_S) * RATE_HZ)
    noise = np.fft.rfft(random.standard_normal(size))
    at_hz = np.fft.rfftfreq(size, 1 / RATE_HZ)
    colour = np.maximum(at_hz, LOWEST_HZ) ** -drawn.uniform(0.0, 1.0)
    for _ in range(drawn.randint(0, 3)):
        middle_hz, width_hz = drawn.uniform(200, 4_000), drawn.uniform(50, 600)
        colour *= 1 + drawn.uniform(2, 20) / (1 + ((at_hz - middle_hz) / width_hz) ** 2)
    sound = np.fft.irfft(noise * colour, size)
    comes_hz, sharpness = drawn.uniform(*COMES_HZ), drawn.uniform(0.0, 8.0)
    turns = 2 * np.pi * (comes_hz * np.arange(size) / RATE_HZ + drawn.random())
    return to_int16(at_peak(sound * np.exp(sharpness * (np.cos(turns) - 1))))


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
