"""What `bench audio` measures on a loop: losses under load, stalls, duck, cut and position."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from xtalk_edge.audio.card import Card
from xtalk_edge.audio.core import CoreCounters
from xtalk_edge.errors import DeviceError

from .loop import GilHog, Loop, Recording, find_lags, noise, similarity

DUCK_GAIN = 0.25
"""-12 dB, what an assistant that is spoken over drops to."""

SETTLE_S = 0.5
"""A sound server moves its buffers about in the first blocks of a stream."""

PROBE_S = 3.0
"""How long the audible position is followed."""

LEVEL_FRAMES = 24
"""Half a millisecond at 48 kHz: levels are taken over the frames up to the one in question."""

SILENT = 0.01
"""-40 dB: what a fade of 5 ms leaves in its last frames."""


SAME = 0.99
"""Correlation of two stretches of one sound through a clean path."""


@dataclass(frozen=True, slots=True)
class Percentiles:
    """The middle and the tail of a set of figures."""

    p50: float
    p95: float
    worst: float
    count: int


def percentiles(values: NDArray[Any] | list[float]) -> Percentiles:
    """Return the percentiles of at least one figure."""
    p50, p95, worst = np.percentile(np.asarray(values, float), (50, 95, 100))
    return Percentiles(round(float(p50), 2), round(float(p95), 2), round(float(worst), 2),
                       len(values))  # fmt: skip


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
    played = recording.far[int(np.argmax(recording.far != 0)) :][:written]
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


@dataclass(frozen=True, slots=True)
class ReactionResult:
    """From the call to what the loop hears, and how true the audible position is."""

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

    position_error_ms: Percentiles
    position_bias_ms: float


@dataclass(slots=True)
class _Trials:
    ducked_at_s: list[float]
    cut_at_s: list[float]
    cuts: list[int]
    stopped: list[int]
    positions: list[tuple[float, int]]


def reactions(card: Card, trials: int) -> ReactionResult:
    """Duck and cut `trials` times each, and follow the audible position."""
    with Loop(card) as loop:
        loop.play(ahead_s=1.0)
        loop.wait(2 * SETTLE_S)
        done = _perform(loop, trials)
    return _judge(card.rate_hz, loop.recorded(), loop, done)


def _perform(loop: Loop, trials: int) -> _Trials:
    core = loop.card.core
    dice = np.random.default_rng(trials)
    done = _Trials([], [], [], [], [])
    give_up_s = time.monotonic() + PROBE_S
    while time.monotonic() < give_up_s:
        now_s = time.monotonic()
        done.positions.append((now_s, core.audible(now_s)))
        loop.wait(0.003 + 0.004 * dice.random())
    for _ in range(trials):
        loop.wait(0.1 + 0.02 * dice.random())  # any phase of the device's blocks
        done.ducked_at_s.append(time.monotonic())
        core.set_gain(DUCK_GAIN)
        loop.wait(0.15)
        core.set_gain(1.0)
        loop.wait(0.1)
        loop.play(0)
        loop.wait(0.05 + 0.02 * dice.random())  # a write under way is over
        done.cut_at_s.append(time.monotonic())
        core.flush()
        loop.wait_until(lambda: core.cut_at() is not None, 1.0)
        loop.wait(0.15)
        done.cuts.append(core.cut_at() or 0)
        done.stopped.append(core.audible(time.monotonic()))
        loop.play(ahead_s=1.0)
    loop.wait(SETTLE_S)
    return done


def content_index(recording: Recording) -> NDArray[np.int64]:
    """Return for each far frame the content index played in it, or -1.

    Only right where no content follows a flush within its own block.
    """
    index = np.full(len(recording.far), -1, np.int64)
    for block in recording.blocks:
        start = block.capture_frame - recording.at_frame
        played = block.play_end - block.play_start - block.dropped
        index[start : start + played] = block.play_start + np.arange(played)
    return index


def _judge(rate: int, recording: Recording, loop: Loop, done: _Trials) -> ReactionResult:
    lags = find_lags(recording, rate)
    heard = content_index(recording)[lags.source()]  # the content index in each mic frame
    full = loop.content[heard % len(loop.content)].astype(float)
    level = _moving_rms(recording.mic.astype(float)) / _moving_rms(full)

    def undisturbed(at_s: float) -> bool:
        start = recording.frame_at(at_s)
        return bool(lags.sure[start : start + rate // 10].all())

    def first_below(limit: float, after_s: float) -> float:
        start = recording.frame_at(after_s)
        frame = start + int(np.argmax(level[start:] < limit))
        return (recording.time_s(frame) - after_s) * 1000

    def last_heard(after_s: float) -> int:
        start = recording.frame_at(after_s)
        sounding = np.flatnonzero(recording.mic[start : start + rate // 10])
        return int(heard[start + sounding[-1]]) if len(sounding) else -1

    errors = [
        (audible - heard[frame]) / rate * 1000
        for frame, audible in ((recording.frame_at(at_s), at) for at_s, at in done.positions)
        if lags.sure[frame]
    ]
    ducks_s = [at_s for at_s in done.ducked_at_s if undisturbed(at_s)]
    cuts = [
        (at_s, cut) for at_s, cut in zip(done.cut_at_s, done.cuts, strict=True) if undisturbed(at_s)
    ]
    if not (errors and ducks_s and cuts):
        raise DeviceError(
            "the device slipped in every trial: this machine is too busy to measure on; "
            "end other programs and try again"
        )
    return ReactionResult(
        duck_10_percent_ms=percentiles(
            [first_below(1 - 0.1 * (1 - DUCK_GAIN), at_s) for at_s in ducks_s]
        ),
        cut_10_percent_ms=percentiles([first_below(0.9, at_s) for at_s, _ in cuts]),
        cut_silence_ms=percentiles([first_below(SILENT, at_s) for at_s, _ in cuts]),
        cuts_judged=len(cuts),
        cuts_exact=sum(last_heard(at_s) == cut - 1 for at_s, cut in cuts),
        cuts_stopped=sum(a == b for a, b in zip(done.cuts, done.stopped, strict=True)),
        slips=lags.slips,
        position_error_ms=percentiles(np.abs(errors)),
        position_bias_ms=round(float(np.mean(errors)), 3),
    )


def _moving_rms(x: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return for each frame the level of the LEVEL_FRAMES up to it."""
    sums = np.concatenate([np.zeros(LEVEL_FRAMES), np.cumsum(x * x)])
    power = np.maximum(sums[LEVEL_FRAMES:] - sums[:-LEVEL_FRAMES], 0) / LEVEL_FRAMES
    return np.asarray(np.sqrt(power), np.float64)
