"""What comes of the sound while nobody reads, and afterwards."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from xtalk_edge.audio.card import Card

from .books import RING_FULL, Books, Verdict, books_of
from .loop import SETTLE_S, Loop
from .recording import find_lags, similarity

SAME = 0.99
"""Correlation of two stretches of one sound through a clean path."""


@dataclass(frozen=True, slots=True)
class StallResult:
    """What came of the sound while nobody read."""

    stalled_s: float
    ring_s: float
    gaps: int
    """Stretches lost because the ring was full."""

    books: Books
    goes_on: bool
    """Whether the sound after the stall is what was played."""

    clock_error_ms: float
    """How far the frame index and the device's own time drifted apart over the stall."""

    @property
    def verdict(self) -> Verdict:
        """Judge: a ring longer than the stall loses nothing, a shorter one what it must."""
        if self.gaps and self.ring_s > self.stalled_s:
            return Verdict.BROKEN
        lost_as_due = bool(self.gaps) == (self.ring_s < self.stalled_s)
        return self.books.verdict(self.goes_on and lost_as_due)


def stalled_reader(card: Card, stalled_s: float) -> StallResult:
    """Let nobody read for a while; a ring longer than that loses nothing."""
    rate = card.rate_hz
    with Loop(card) as loop:
        loop.play()
        loop.wait(2 * SETTLE_S)
        loop.stall_reader(True)
        loop.wait(stalled_s)
        loop.stall_reader(False)
        loop.wait(4 * SETTLE_S)
    recording = loop.recorded()
    lags = find_lags(recording, rate)
    due = recording.far[lags.source()]
    # A stream's first blocks come in a burst.
    first, last = recording.blocks[min(20, len(recording.blocks) - 1)], recording.blocks[-1]
    drift_s = (last.adc_s - first.adc_s) - (last.capture_frame - first.capture_frame) / rate
    return StallResult(
        stalled_s=stalled_s,
        ring_s=round(card.core.capacity_frames / rate, 2),
        gaps=sum(gap.reason == RING_FULL for gap in recording.gaps),
        books=books_of(card, recording, lags.slips),
        goes_on=_mostly_same(recording.mic[-rate:], due[-rate:], rate // 10),
        clock_error_ms=round(abs(drift_s) * 1000, 2),
    )


def _mostly_same(a: NDArray[np.int16], b: NDArray[np.int16], window: int) -> bool:
    """Tell whether most windows are the same sound: a slip of the device spoils a few."""
    starts = range(0, len(a) - window + 1, window)
    same = sum(similarity(a[s : s + window], b[s : s + window]) > SAME for s in starts)
    return 2 * same > len(starts)
