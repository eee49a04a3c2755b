"""What comes of the sound while nobody reads, and afterwards."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from xtalk_edge.audio.card import Card

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
    gap_frames: int
    counted_frames: int
    read_in_order: bool
    goes_on: bool
    """Whether the sound after the stall is what was played, at the lag from before."""

    clock_error_ms: float
    """How far the frame index and the device's own time drifted apart over the stall."""


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
    counters = card.core.counters()
    due = recording.far[find_lags(recording, rate).source()]
    # A stream's first blocks come in a burst.
    first, last = recording.blocks[20], recording.blocks[-1]
    drift_s = (last.adc_s - first.adc_s) - (last.capture_frame - first.capture_frame) / rate
    return StallResult(
        stalled_s=stalled_s,
        ring_s=round(card.core.capacity_frames / rate, 2),
        gaps=len(recording.gaps),
        gap_frames=sum(gap.frames for gap in recording.gaps),
        counted_frames=counters.capture_lost_frames,
        read_in_order=recording.in_order,
        goes_on=_mostly_same(recording.mic[-rate:], due[-rate:], rate // 10),
        clock_error_ms=round(abs(drift_s) * 1000, 2),
    )


def _mostly_same(a: NDArray[np.int16], b: NDArray[np.int16], window: int) -> bool:
    """Tell whether most windows are the same sound: a slip of the device spoils a few."""
    starts = range(0, len(a) - window + 1, window)
    same = sum(similarity(a[s : s + window], b[s : s + window]) > SAME for s in starts)
    return 2 * same > len(starts)
