"""Listens to a room through a sound card, plays chirps into it and hears what comes back."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from xtalk_edge.audio.card import Card
from xtalk_edge.audio.chimes import CHIME_RATE_HZ, sweep
from xtalk_edge.audio.format import RATE_HZ, level_db
from xtalk_edge.audio.listening import SETTLE_S, listen
from xtalk_edge.audio.loop_delay import FAR_SAMPLES, NEAR_SAMPLES, LoopDelay
from xtalk_edge.audio.resample import convert
from xtalk_edge.clock import now_s

LISTEN_S = 1.0
CHIRP_S = 1.5
"""The chirp, its way through the slowest sound server, and the room."""

DRIFT_S = 20.0
"""Between two chirps: the delay of each is known to a sixteenth of a millisecond, which over this
time is 3 ppm."""

SOUNDING = 100
"""Of 32,767: the chirp fades in and out."""

TOLD_APART_DB = 6.0
"""What comes back must be so much louder than the noise before, or it is noise."""


@dataclass(frozen=True, slots=True)
class SoundCheck:
    """What was heard."""

    rate_hz: int
    noise_db: float
    """Level of the quiet room, dB of full scale; below -90 the microphone may be muted."""
    delay_ms: float | None
    """From what is played to its being heard; None when it was not heard."""
    echo_db: float | None
    """Level of what comes back against what was played."""
    drift_ppm: float | None
    """By how much the loudspeaker's clock runs slower than the microphone's; None when unknown."""
    lost_frames: int
    """Captured sound that was lost."""
    underflows: int


def check_sound(
    card: Card, pause: Callable[[float], None] = time.sleep, drift_s: float = DRIFT_S
) -> SoundCheck:
    """Return what a card hears of a quiet room and of two chirps; the card is closed then.

    Args:
        card: not started yet.
        pause: waits so many seconds.
        drift_s: time between the chirps; 0 plays one only.

    Raises:
        DeviceError: it cannot be started.
    """
    card.start(now_s())
    try:
        listen(card, SETTLE_S, pause)
        quiet, _ = listen(card, LISTEN_S, pause)
        noise_db = level_db(quiet)
        delay_s, echo_db = _chirp(card, noise_db, pause)
        drift_ppm = None
        if drift_s and delay_s is not None:
            listen(card, drift_s, pause)
            later_s, _ = _chirp(card, noise_db, pause)
            if later_s is not None:
                drift_ppm = round(1e6 * (later_s - delay_s) / (drift_s + CHIRP_S), 1)
        counters = card.core.counters()
    finally:
        card.close()
    return SoundCheck(
        rate_hz=card.rate_hz,
        noise_db=round(noise_db, 1),
        delay_ms=None if delay_s is None else round(1000 * delay_s, 1),
        echo_db=echo_db,
        drift_ppm=drift_ppm,
        lost_frames=counters.capture_lost_frames + counters.device_lost_frames,
        underflows=counters.output_underflows,
    )


def _chirp(
    card: Card, noise_db: float, pause: Callable[[float], None]
) -> tuple[float | None, float | None]:
    """Play a chirp; return after how many seconds it came back, and how much louder."""
    card.core.write(convert(sweep(), CHIME_RATE_HZ, card.rate_hz))
    near, far = listen(card, CHIRP_S, pause)
    sounding = np.flatnonzero(np.abs(far) > SOUNDING)
    if not len(sounding) or sounding[0] + NEAR_SAMPLES > len(near):
        return None, None
    start, end = int(sounding[0]), int(sounding[-1]) + 1
    delay = LoopDelay()
    delay.observe(far[start : start + FAR_SAMPLES], near[start : start + NEAR_SAMPLES], 0.0)
    if delay.delay_s is None:
        return None, None
    late = round(delay.delay_s * RATE_HZ)
    back_db = level_db(near[start + late : end + late])
    if back_db < noise_db + TOLD_APART_DB:
        return None, None
    return delay.delay_s, round(back_db - level_db(far[start:end]), 1)
