"""How soon duck and cut are heard, and whether a cut is where the core says."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from xtalk_edge.audio.card import Card

from .books import Books, Verdict, books_of
from .heard import DUCK_GAIN, Trial, TrialTimes, heard_trials
from .loop import SETTLE_S, Loop
from .percentiles import Percentiles, percentiles
from .recording import find_lags

REST_LIMIT_S = 1.0
"""Longer than any latency of a device."""

MOST_STREAMS = 4
"""Trials left out are made again in a new stream: a device that went wrong stays wrong."""


@dataclass(frozen=True, slots=True)
class ReactionResult:
    """From the call to what the loop hears."""

    trials: int
    """How many were to be judged."""

    duck_10_percent_ms: Percentiles | None
    cut_10_percent_ms: Percentiles | None
    cut_silence_ms: Percentiles | None
    judged: int
    cuts_exact: int
    """Judged trials in which the last frame heard was the one before `cut_at()`."""

    cuts_stopped: int
    """Judged trials in which the audible position came to rest at `cut_at()`."""

    left_out: dict[str, int]
    """Why trials were not judged, and how many: all reasons are the device's."""

    books: tuple[Books, ...]
    """Of each stream."""

    @property
    def verdict(self) -> Verdict:
        """Judge: each trial is exact, and as many as wanted could be judged."""
        lost = any(book.ring_lost_frames or not book.balanced for book in self.books)
        if lost or not self.cuts_exact == self.cuts_stopped == self.judged:
            return Verdict.BROKEN
        return Verdict.GOOD if self.judged == self.trials else Verdict.DISTURBED


def reactions(open_card: Callable[[], Card], trials: int) -> ReactionResult:
    """Duck and cut until `trials` of each were judged, in MOST_STREAMS streams at most."""
    dice = np.random.default_rng(trials)
    times: list[TrialTimes] = []
    left_out: Counter[str] = Counter()
    books: list[Books] = []
    while len(times) < trials and len(books) < MOST_STREAMS:
        with Loop(open_card()) as loop:
            loop.play(ahead_s=1.0)
            loop.wait(2 * SETTLE_S)
            done = [_perform(loop, dice) for _ in range(trials - len(times))]
            loop.wait(SETTLE_S)
        recording = loop.recorded()
        lags = find_lags(recording, loop.card.rate_hz)
        books.append(books_of(loop.card, recording, lags.slips))
        for judged in heard_trials(loop.card.rate_hz, recording, lags, loop.content, done):
            if isinstance(judged, str):
                left_out[judged] += 1
            else:
                times.append(judged)
    return ReactionResult(
        trials=trials,
        duck_10_percent_ms=_spread([t.duck_10_percent_ms for t in times]),
        cut_10_percent_ms=_spread([t.cut_10_percent_ms for t in times]),
        cut_silence_ms=_spread([t.cut_silence_ms for t in times]),
        judged=len(times),
        cuts_exact=sum(t.cut_exact for t in times),
        cuts_stopped=sum(t.came_to_rest for t in times),
        left_out=dict(left_out),
        books=tuple(books),
    )


def _spread(times_ms: list[float]) -> Percentiles | None:
    return percentiles(times_ms) if times_ms else None


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
    cut_at = core.cut_at()
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
