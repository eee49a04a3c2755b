"""How soon duck and cut are heard, and whether a cut is where the core says."""

from __future__ import annotations

import time
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from xtalk_edge.audio.card import Card
from xtalk_edge.errors import DeviceError

from .loop import SETTLE_S, Loop
from .percentiles import Percentiles, percentiles
from .recording import Recording, content_index, find_lags

DUCK_GAIN = 0.25
"""-12 dB, what an assistant that is spoken over drops to."""

LEVEL_FRAMES = 24
"""Half a millisecond at 48 kHz: levels are taken over the frames up to the one in question."""

REST_LIMIT_S = 1.0
"""Longer than any latency of a device."""

SILENT = 0.01
"""-40 dB: what a fade of 5 ms leaves in its last frames."""


@dataclass(frozen=True, slots=True)
class ReactionResult:
    """From the call to what the loop hears."""

    duck_10_percent_ms: Percentiles
    cut_10_percent_ms: Percentiles
    cut_silence_ms: Percentiles
    cuts_judged: int
    """Trials in which the device did not slip."""

    cuts_exact: int
    """Judged trials in which the last frame heard was the one before `cut_at()`."""

    cuts_stopped: int
    """Trials in which the audible position came to rest at `cut_at()`."""

    slips: int


@dataclass(frozen=True, slots=True)
class Trial:
    """When one reply was ducked, cut, and followed by the next."""

    ducked_s: float
    cut_s: float
    cut_at: int
    came_to_rest: bool
    """Whether the audible position reached `cut_at`, and stood there."""

    resumed_s: float


def reactions(card: Card, trials: int) -> ReactionResult:
    """Duck and cut `trials` times each; DeviceError when the device slipped in every trial."""
    dice = np.random.default_rng(trials)
    with Loop(card) as loop:
        loop.play(ahead_s=1.0)
        loop.wait(2 * SETTLE_S)
        done = [_perform(loop, dice) for _ in range(trials)]
        loop.wait(SETTLE_S)
    return judge(card.rate_hz, loop.recorded(), loop.content, done)


def _perform(loop: Loop, dice: np.random.Generator) -> Trial:
    core = loop.card.core
    loop.wait(0.1 + 0.02 * dice.random())  # any phase of the device's blocks
    ducked_s = time.monotonic()
    core.set_gain(DUCK_GAIN)
    loop.wait(0.15)
    core.set_gain(1.0)
    loop.wait(0.1)
    loop.play(0)
    loop.wait(0.02 * dice.random())
    cut_s = time.monotonic()
    core.flush()
    loop.wait_until(lambda: core.cut_at() is not None, REST_LIMIT_S)
    cut_at = core.cut_at() or 0
    loop.wait_until(lambda: core.audible(time.monotonic()) == cut_at, REST_LIMIT_S)
    loop.wait(0.1)  # until the last of it has been heard and read
    trial = Trial(
        ducked_s=ducked_s,
        cut_s=cut_s,
        cut_at=cut_at,
        came_to_rest=core.audible(time.monotonic()) == cut_at,
        resumed_s=time.monotonic(),
    )
    loop.play(ahead_s=1.0)
    return trial


def judge(
    rate_hz: int, recording: Recording, content: NDArray[np.int16], done: list[Trial]
) -> ReactionResult:
    """Find in a recording what each trial did to the sound."""
    lags = find_lags(recording, rate_hz)
    heard = content_index(recording)[lags.source()]  # the content index in each mic frame
    full = content[heard % len(content)].astype(float)
    level = _moving_rms(recording.mic.astype(float)) / _moving_rms(full)

    def undisturbed(trial: Trial) -> bool:
        start, end = recording.frame_at(trial.ducked_s), recording.frame_at(trial.resumed_s)
        return bool(lags.sure[start:end].all())

    def first_below(limit: float, after_s: float) -> float:
        start = recording.frame_at(after_s)
        frame = start + int(np.argmax(level[start:] < limit))
        return (recording.time_s(frame) - after_s) * 1000

    def last_heard(trial: Trial) -> int:
        start, end = recording.frame_at(trial.cut_s), recording.frame_at(trial.resumed_s)
        sounding = np.flatnonzero(recording.mic[start:end])
        return int(heard[start + sounding[-1]]) if len(sounding) else -1

    judged = [trial for trial in done if undisturbed(trial)]
    if not judged:
        raise DeviceError(
            "the device slipped in every trial: this machine is too busy to measure on; "
            "end other programs and try again"
        )
    return ReactionResult(
        duck_10_percent_ms=percentiles(
            [first_below(1 - 0.1 * (1 - DUCK_GAIN), trial.ducked_s) for trial in judged]
        ),
        cut_10_percent_ms=percentiles([first_below(0.9, trial.cut_s) for trial in judged]),
        cut_silence_ms=percentiles([first_below(SILENT, trial.cut_s) for trial in judged]),
        cuts_judged=len(judged),
        cuts_exact=sum(last_heard(trial) == trial.cut_at - 1 for trial in judged),
        cuts_stopped=sum(trial.came_to_rest for trial in done),
        slips=lags.slips,
    )


def _moving_rms(x: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return for each frame the level of the LEVEL_FRAMES up to it."""
    sums = np.concatenate([np.zeros(LEVEL_FRAMES), np.cumsum(x * x)])
    power = np.maximum(sums[LEVEL_FRAMES:] - sums[:-LEVEL_FRAMES], 0) / LEVEL_FRAMES
    return np.asarray(np.sqrt(power), np.float64)
