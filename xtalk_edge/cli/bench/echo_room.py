"""A device that talks in a simulated room while people talk over it, and what its ear makes of it.

The ear, the canceller, the enhancer and the voice detector are the appliance's own, as fast as the
machine can; nothing is recognised or answered.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path

import numpy as np

from xtalk_edge.audio.format import RATE_HZ, Samples, Sound, level_db
from xtalk_edge.audio.room import RoomCard, Said
from xtalk_edge.bus import EventBus
from xtalk_edge.config.schema import Config
from xtalk_edge.engines import hosting
from xtalk_edge.engines.interfaces import EchoCanceller
from xtalk_edge.events import Event, VADSpeechStart
from xtalk_edge.managers.ear import Ear, Rings
from xtalk_edge.managers.vad import VADManager
from xtalk_edge.scenes.script import Room
from xtalk_edge.scenes.stage import room_scene

STEP_S = 0.01
"""How often the ear's thread wakes in an appliance."""

ALONE_S = 20.0
"""The device talks so long before anybody talks over it: slow filters have learnt by then."""

LEARNING_S = 8.0
"""From here on an echo canceller should be as good as it gets."""

BETWEEN_S = 4.5
"""From one talker to the next, longer than any of them talks."""

LONGEST_TALK_S = 3.0

TALKER_DB = -27.0
"""RMS of the talkers at the microphone: somebody two metres away."""

NOISE_DB = -66.0
"""A quiet room."""

EARLY_S, LATE_S = 0.15, 0.3
"""A start of speech belongs to a talker from a little before the onset to a little after the end:
the detector counts back to its first frame, and the room rings on."""


@dataclass(frozen=True, slots=True)
class Result:
    """What one canceller did in one room at one level."""

    removed_db: tuple[float, float, float]
    """How much quieter the echo became (ERLE): first two seconds, up to the eighth, after it."""
    false_starts: int
    """Times that the device's own voice was taken for somebody's."""
    own_speech_s: float
    """How long it talked, talkers left out."""
    reactions_ms: tuple[float, ...]
    """From a talker's onset to the report that somebody talks, of those noticed."""
    talkers: int


def onset_s(sound: Samples, rate_hz: int = RATE_HZ) -> float:
    """Return when a recording begins to sound: 30 ms within 25 dB of its loudest 10 ms."""
    size = rate_hz // 100
    frames = sound[: len(sound) // size * size].astype(np.float64).reshape(-1, size)
    power = np.square(frames).mean(1)
    loud = power > power.max(initial=0.0) * 10**-2.5
    steady = loud[:-2] & loud[1:-1] & loud[2:]
    return float(np.argmax(steady)) / 100 if steady.any() else 0.0


def try_out(
    config: Config,
    canceller: EchoCanceller,
    room: Room,
    echo_over_talker_db: float,
    replies: Samples,
    talkers: Sequence[Sound],
) -> Result:
    """Let the device speak `replies` (16 kHz) and the talkers talk over them, one after another."""
    echo_db = TALKER_DB + echo_over_talker_db - level_db(replies)
    scene = room_scene(replace(room, noise_db=NOISE_DB, echo_db=echo_db), Path())
    card = RoomCard(replace(scene, record=False))
    spans = []
    for number, talker in enumerate(talkers):
        short = talker.samples[: round(LONGEST_TALK_S * talker.rate_hz)]
        said = card.say(short, talker.rate_hz, level_db=TALKER_DB,
                        at_s=ALONE_S + number * BETWEEN_S)  # fmt: skip
        spans.append(replace(said, start_s=said.start_s + onset_s(short, talker.rate_hz)))
    lasts_s = ALONE_S + len(talkers) * BETWEEN_S
    starts, rings = _listen(config, canceller, card, replies, lasts_s)
    noticed = [
        [at_s - span.start_s for began_s, at_s in starts if _belongs(began_s, span)]
        for span in spans
    ]
    false = [began_s for began_s, _ in starts if not any(_belongs(began_s, s) for s in spans)]
    return Result(
        removed_db=_removed_db(rings),
        false_starts=len(false),
        own_speech_s=lasts_s - sum(span.end_s - span.start_s for span in spans),
        reactions_ms=tuple(1000 * min(each) for each in noticed if each),
        talkers=len(talkers),
    )


def _listen(
    config: Config, canceller: EchoCanceller, card: RoomCard, replies: Samples, lasts_s: float
) -> tuple[list[tuple[float, float]], Rings]:
    """Return each start of speech, as when it was and when it was noticed, and all sound."""
    rings = Rings.of_seconds(lasts_s + 1.0)
    posted: list[Event] = []
    enhancer = hosting.create("enhancer", config.enhancer)
    vad = hosting.create("vad", config.vad)
    detector = VADManager(
        event_bus=EventBus(), config=config, vad=vad, rings=rings, post=posted.append
    )
    starts: list[tuple[float, float]] = []
    spoken = 0
    try:
        ear = Ear(card, canceller, enhancer, rings, [detector], posted.append)
        card.start(0.0)
        for step in range(1, round(lasts_s / STEP_S) + 1):
            spoken += card.core.write(replies[spoken : spoken + card.rate_hz])
            ear.step(step * STEP_S)
            starts += [
                (event.at_sample / RATE_HZ, step * STEP_S)
                for event in posted
                if isinstance(event, VADSpeechStart)
            ]
            posted.clear()
    finally:
        vad.close()
        enhancer.close()
        card.close()
    return starts, rings


def _belongs(began_s: float, span: Said) -> bool:
    return span.start_s - EARLY_S <= began_s < span.end_s + LATE_S


def _removed_db(rings: Rings) -> tuple[float, float, float]:
    edges_s = (0.0, 2.0, LEARNING_S, ALONE_S)
    parts = []
    for start_s, end_s in pairwise(edges_s):
        start, stop = round(start_s * RATE_HZ), round(end_s * RATE_HZ)
        raw, _ = rings.raw.slice(start, stop)
        clean, _ = rings.clean.slice(start, stop)
        parts.append(round(level_db(raw) - level_db(clean), 1))
    return parts[0], parts[1], parts[2]
