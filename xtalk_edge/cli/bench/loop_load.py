"""Whether every sample is there, once and in order, while the interpreter is held."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from xtalk_edge.audio.card import Card
from xtalk_edge.audio.core import CoreCounters

from .hog import GilHog
from .loop import SETTLE_S, Loop, noise
from .percentiles import Percentiles, percentiles
from .recording import find_lags, similarity


@dataclass(frozen=True, slots=True)
class LoadResult:
    """Whether every sample was there once and in order, beside calls that hold the interpreter."""

    seconds: float
    rate_hz: int
    block_frames: int
    output_latency_ms: float
    hold_ms: Percentiles
    played_frames: int
    played_wrong_frames: int
    """Frames handed to the device that are not, in order, what was written."""

    captured_frames: int
    read_frames: int
    read_in_order: bool
    loop_lag_ms: float
    loop_slips: int
    """How often the lag changed: the device or its server ran dry or dropped a block."""

    loop_wrong_frames: int
    """Frames that came back other than they left; a sound server that mixes makes them all so."""

    loop_similarity: float
    gaps: int
    capture_high_water_ms: float
    playback_low_water_ms: float
    counters: CoreCounters

    @property
    def whole(self) -> bool:
        """Tell whether nothing was lost, doubled or out of order."""
        return (
            self.played_wrong_frames == 0
            and self.read_frames == self.captured_frames
            and self.read_in_order
            and self.gaps == 0
        )


def under_load(card: Card, seconds: float, hold_ms: float) -> LoadResult:
    """Play and record while another thread holds the interpreter `hold_ms` at a time."""
    rate = card.rate_hz
    with GilHog(hold_ms) as hog, Loop(card) as loop:
        loop.play()
        loop.wait(SETTLE_S)
        card.core.reset_marks()
        loop.wait(seconds)
        marks = card.core.counters()
        loop.play(0)
        loop.wait_until(lambda: card.core.consumed == card.core.written, 10.0)
        loop.wait(SETTLE_S)
    recording = loop.recorded()
    counters = card.core.counters()
    written = card.core.written
    delivered = np.ones(len(recording.far), bool)
    for gap in recording.gaps:  # nothing was asked of us while the device stood still
        delivered[gap.at_frame - recording.at_frame :][: gap.frames] = False
    handed = recording.far[delivered]
    played = handed[int(np.argmax(handed != 0)) :][:written]
    lags = find_lags(recording, rate)
    due = recording.far[lags.source()]
    return LoadResult(
        seconds=seconds,
        rate_hz=rate,
        block_frames=card.block_frames,
        output_latency_ms=round(card.latency_s * 1000, 1),
        hold_ms=percentiles(hog.held_ms),
        played_frames=len(played),
        played_wrong_frames=int(np.count_nonzero(played != loop.expected(0, len(played))))
        + written - len(played),
        captured_frames=counters.captured_frames,
        read_frames=recording.at_frame + len(recording.mic),
        read_in_order=recording.in_order,
        loop_lag_ms=round(float(np.median(lags.frames)) / rate * 1000, 2),
        loop_slips=lags.slips,
        loop_wrong_frames=int(np.count_nonzero(recording.mic != due)),
        loop_similarity=round(similarity(recording.mic, due), 4),
        gaps=len(recording.gaps),
        capture_high_water_ms=round(marks.capture_high_water_frames / rate * 1000, 1),
        playback_low_water_ms=round(marks.playback_low_water_frames / rate * 1000, 1),
        counters=counters,
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class PythonResult:
    """The same load with a callback in Python."""

    seconds: float
    blocks_expected: int
    blocks: int
    input_overflows: int
    output_underflows: int

    @property
    def lost_percent(self) -> float:
        """Return how many of the blocks never came."""
        return round(100 * max(0.0, 1 - self.blocks / self.blocks_expected), 1)


def python_callback(
    open_stream: Callable[[Callable[..., None]], Any], card: Card, seconds: float, hold_ms: float
) -> PythonResult:
    """Run a plain Python callback; `open_stream` makes a stream like `card` with it."""
    content = noise(card.rate_hz).tobytes()
    block_bytes = card.block_frames * 2
    kept: list[bytes] = []
    flags = {"input_overflow": 0, "output_underflow": 0}

    def callback(incoming: Any, outgoing: Any, frames: int, when: Any, status: Any) -> None:
        at = len(kept) * block_bytes % (len(content) - block_bytes)
        outgoing[:] = content[at : at + frames * 2]
        kept.append(bytes(incoming))
        for flag in flags:
            flags[flag] += bool(getattr(status, flag))

    with GilHog(hold_ms), open_stream(callback):
        time.sleep(SETTLE_S)
        before = len(kept)
        began_s = time.monotonic()
        time.sleep(seconds)
        took_s = time.monotonic() - began_s
        blocks = len(kept) - before
    return PythonResult(
        seconds=round(took_s, 2),
        blocks_expected=round(took_s * card.rate_hz / card.block_frames),
        blocks=blocks,
        input_overflows=flags["input_overflow"],
        output_underflows=flags["output_underflow"],
    )
