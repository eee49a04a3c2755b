"""Lets a device talk in simulated rooms while things are said over it, through its own ear.

What comes of it are embeddings of the cleaned sound with what was said where: examples to learn
from that have gone through loudspeaker, room, echo canceller and noise suppression.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from random import Random

import numpy as np

from models.starter.stop.sayings import Saying
from xtalk_edge.audio.format import RATE_HZ, Samples, db_to_gain, level_db, to_int16
from xtalk_edge.audio.room import RoomCard, RoomScene
from xtalk_edge.audio.sound_file import read_sound
from xtalk_edge.config.schema import Config
from xtalk_edge.engines import hosting
from xtalk_edge.engines.stop_word.embeddings import FRAME_SAMPLES, Embeddings
from xtalk_edge.managers.ear import Ear, Rings

STEP_S = 0.01
TALKER_DB = -27.0
"""RMS of the talkers at the microphone: somebody two metres away."""

BETWEEN_S = (0.6, 1.6)
"""Silence between two sayings."""

QUIET_BETWEEN_S = (0.2, 0.9)
QUIET_LEAD_S = 0.8
FULL_SCALE = 32_768

STREAM_S = 60.0
ALONE_S = 3.0
"""The canceller has learnt something of the room by then."""

LAST_S = 0.32
"""From the end of the word on, frames so late should say that it was spoken: four of them. Later
ones would do for the exam, and be too late for an owner."""

UNSURE_S = 0.54
"""As long after those, nothing is asked."""

NOBODY = 0.1
"""Of the streams: the device talks, and nobody else does."""

LOWERS, LOWERS_AFTER_S, LOWERED_DB = 0.85, (0.08, 0.25), -15.0
"""How often, how soon and by how much the device lowers its voice when somebody begins to talk."""

FALLS_SILENT, SILENT_AFTER_S, GOES_ON_AFTER_S = 0.6, (0.4, 0.8), (0.3, 1.0)
"""How often and when it falls silent if they go on, and how long after them it goes on."""

BEHIND_S = 0.3
"""A device that believes to have heard the word falls silent as late as that behind it."""

RAMP_SAMPLES = RATE_HZ // 50


@dataclass(frozen=True, slots=True)
class Stream:
    """One device in one room for a while."""

    embeddings: np.ndarray
    """(frames, 96), one each 80 ms of cleaned sound."""
    labels: np.ndarray
    """(frames,): 1 behind the word, 0 where it was not said, -1 where nothing is asked."""
    word: np.ndarray
    """(frames,): number of the word that a label of 1 belongs to; -1 elsewhere."""


def stream(
    config: Config, said: Iterator[Saying], replies: Samples, folder: Path | None, seed: int,
    *, behind_s: float = 0.0,
) -> Stream:  # fmt: skip
    """Return what one device hears in a room drawn at random.

    Args:
        config: the settings whose ear is used.
        said: what is said over it.
        replies: what it says, at 16 kHz; long enough.
        folder: impulse responses of rooms; None for made-up rooms only.
        seed: of room and levels.
        behind_s: how late behind what is said it may fall silent still.
    """
    drawn = Random(seed)
    silent = drawn.random() < 0.15
    echo_over_talker_db = drawn.uniform(-18.0, 3.0)
    files = sorted(folder.glob("*.wav")) if folder else []
    response = None
    if files and drawn.random() < 0.4:
        response = read_sound(drawn.choice(files), RATE_HZ).samples.astype(np.float64)
    talker = None
    if files and drawn.random() < 0.5:
        talker = read_sound(drawn.choice(files), RATE_HZ).samples.astype(np.float64)
    card = RoomCard(
        RoomScene(
            noise=drawn.choice(("white", "pink")),
            noise_db=drawn.uniform(-70.0, -45.0),
            echo_db=TALKER_DB + echo_over_talker_db - level_db(replies),
            echo_response=response,
            rt60_s=drawn.uniform(0.15, 0.6),
            talker_response=talker,
            drift_ppm=drawn.choice((0.0, 0.0, 20.0, -20.0)),
            seed=seed,
            record=False,
        )
    )
    marks: list[tuple[float, float]] = []
    heard_gain = np.ones(len(replies))
    at_s = STREAM_S if drawn.random() < NOBODY else ALONE_S
    for saying in said:
        lasts_s = len(saying.sound) / RATE_HZ
        if at_s + lasts_s > STREAM_S - 1.0:
            break
        _give_way(heard_gain, at_s, lasts_s, behind_s, drawn)
        level = TALKER_DB + drawn.uniform(-6.0, 8.0)
        card.say(saying.sound, RATE_HZ, level_db=level, at_s=at_s)
        if saying.stop_ends is not None:
            marks.append((at_s, at_s + saying.stop_ends / RATE_HZ))
        at_s += lasts_s + drawn.uniform(*BETWEEN_S)
    clean = _heard(config, card, to_int16(replies * (0.0 if silent else _ramped(heard_gain))))
    return _labelled(clean, marks)


def _give_way(
    gain: np.ndarray, at_s: float, lasts_s: float, behind_s: float, drawn: Random
) -> None:
    """Lower the device's voice, and let it fall silent, while somebody talks or right behind it."""
    if drawn.random() >= LOWERS:
        return
    goes_on = round((at_s + lasts_s + drawn.uniform(*GOES_ON_AFTER_S)) * RATE_HZ)
    lowers = round((at_s + drawn.uniform(*LOWERS_AFTER_S)) * RATE_HZ)
    gain[lowers:goes_on] = db_to_gain(LOWERED_DB)
    silent_s = drawn.uniform(*SILENT_AFTER_S)
    if drawn.random() < FALLS_SILENT and lasts_s + behind_s > silent_s:
        gain[round((at_s + silent_s) * RATE_HZ) : goes_on] = 0.0


def _ramped(gain: np.ndarray) -> np.ndarray:
    padded = np.pad(gain, (RAMP_SAMPLES - 1, 0), mode="edge")
    sums = np.cumsum(np.insert(padded, 0, 0.0))
    return (sums[RAMP_SAMPLES:] - sums[:-RAMP_SAMPLES]) / RAMP_SAMPLES


def quiet_stream(said: Iterator[Saying], seed: int) -> Stream:
    """Return what a device that is silent hears of people close by; quicker to make."""
    drawn, random = Random(seed), np.random.default_rng(seed)
    sound = random.normal(0.0, FULL_SCALE * db_to_gain(drawn.uniform(-75.0, -45.0)),
                          round(STREAM_S * RATE_HZ))  # fmt: skip
    marks: list[tuple[float, float]] = []
    at_s = QUIET_LEAD_S
    for saying in said:
        lasts_s = len(saying.sound) / RATE_HZ
        if at_s + lasts_s > STREAM_S - 1.0:
            break
        gain = db_to_gain(TALKER_DB + drawn.uniform(-8.0, 8.0) - level_db(saying.sound))
        start = round(at_s * RATE_HZ)
        sound[start : start + len(saying.sound)] += gain * saying.sound
        if saying.stop_ends is not None:
            marks.append((at_s, at_s + saying.stop_ends / RATE_HZ))
        at_s += lasts_s + drawn.uniform(*QUIET_BETWEEN_S)
    return _labelled(to_int16(sound), marks)


def _heard(config: Config, card: RoomCard, replies: Samples) -> Samples:
    rings = Rings.of_seconds(STREAM_S + 1.0)
    echo = hosting.create("echo", config.echo)
    enhancer = hosting.create("enhancer", config.enhancer)
    spoken = 0
    try:
        ear = Ear(card, echo, enhancer, rings, [], lambda _event: None)
        card.start(0.0)
        for step in range(1, round(STREAM_S / STEP_S) + 1):
            spoken += card.core.write(replies[spoken : spoken + card.rate_hz])
            ear.step(step * STEP_S)
    finally:
        echo.close()
        enhancer.close()
        card.close()
    return rings.clean.slice(0, rings.clean.head)[0]


def _labelled(clean: Samples, marks: list[tuple[float, float]]) -> Stream:
    embeddings = Embeddings()
    frames = []
    for start in range(0, len(clean) - FRAME_SAMPLES + 1, FRAME_SAMPLES):
        found = embeddings.of(clean[start : start + FRAME_SAMPLES])
        frames.append(np.zeros(96, np.float32) if found is None else found)
    ends_s = (np.arange(len(frames)) + 1) * FRAME_SAMPLES / RATE_HZ
    labels, word = np.zeros(len(frames), np.int8), np.full(len(frames), -1, np.int32)
    labels[ends_s < 1.0] = -1
    for start_s, end_s in marks:
        labels[(ends_s > start_s) & (ends_s < end_s + LAST_S + UNSURE_S)] = -1
    for number, (_, end_s) in enumerate(marks):
        behind = (ends_s >= end_s) & (ends_s < end_s + LAST_S)
        labels[behind], word[behind] = 1, number
    return Stream(np.stack(frames), labels, word)
