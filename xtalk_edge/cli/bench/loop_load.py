"""Whether every sample is there, once and in order, while the interpreter is held."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from xtalk_edge.audio.card import Card
from xtalk_edge.audio.core import CoreCounters

from .books import Books, Verdict, books_of
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
    """Frames handed to the device that are not, in order, what was written; silence aside."""

    unplayed_frames: int
    """Written, but the device never asked for them."""

    books: Books
    loop_lag_ms: float
    loop_wrong_frames: int
    """Frames that came back other than they left; a sound server that mixes makes them all so."""

    loop_similarity: float
    capture_high_water_ms: float
    playback_low_water_ms: float
    counters: CoreCounters

    @property
    def verdict(self) -> Verdict:
        """Judge: what we lose or disorder is ours whatever the device did meanwhile."""
        if self.played_wrong_frames or self.books.ring_lost_frames:
            return Verdict.BROKEN
        starved = self.counters.playback_starved_frames + self.unplayed_frames
        return self.books.verdict(starved == self.books.device_lost_frames == 0)


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
    consumed = card.core.consumed
    played = recording.far[recording.far != 0]  # content is never zero: the rest is silence
    due = loop.expected(0, consumed)
    most = min(len(played), consumed)
    wrong = np.count_nonzero(played[:most] != due[:most]) + abs(len(played) - consumed)
    lags = find_lags(recording, rate)
    repeated = recording.far[lags.source()]
    return LoadResult(
        seconds=seconds,
        rate_hz=rate,
        block_frames=card.block_frames,
        output_latency_ms=round(card.latency_s * 1000, 1),
        hold_ms=percentiles(hog.held_ms),
        played_frames=len(played),
        played_wrong_frames=int(wrong),
        unplayed_frames=card.core.written - consumed,
        books=books_of(card, recording, lags.slips),
        loop_lag_ms=round(float(np.median(lags.frames)) / rate * 1000, 2),
        loop_wrong_frames=int(np.count_nonzero(recording.mic != repeated)),
        loop_similarity=round(similarity(recording.mic, repeated), 4),
        capture_high_water_ms=round(marks.capture_high_water_frames / rate * 1000, 1),
        playback_low_water_ms=round(marks.playback_low_water_frames / rate * 1000, 1),
        counters=counters,
    )


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
