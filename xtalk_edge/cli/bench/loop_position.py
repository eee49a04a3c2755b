"""How true the audible position is: against the loop's own times, and against a witness."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from xtalk_edge.audio.card import Card
from xtalk_edge.errors import DeviceError

from .books import Books, Verdict, books_of
from .loop import SETTLE_S, Loop
from .percentiles import Percentiles, percentiles
from .recording import Recording, content_index, find_lags
from .witness import Witness, position_errors_ms

POSITION_LIMIT_MS = 5.0
"""A tenth of a short syllable: the heard text is right to the syllable well within it."""


@dataclass(frozen=True, slots=True)
class PositionResult:
    """Errors of the audible position, positive when it runs ahead of what is heard."""

    seconds: float
    slips: int
    """How often the device ran dry or dropped a block; the quarter second around is left out."""

    by_loop_ms: Percentiles
    """Size of the error against the frame that was at the microphone then, by its ADC time: an
    error of the ADC time shows too, and one that DAC and ADC times share does not."""

    by_loop_mean_ms: float
    by_witness_ms: Percentiles | None
    """Size of the error against arrivals at an independent recorder; None without one."""

    by_witness_mean_ms: float | None
    books: Books

    @property
    def judged_ms(self) -> Percentiles:
        """Return the figures that tell of the position alone: the witness's where there is one."""
        return self.by_witness_ms or self.by_loop_ms

    @property
    def verdict(self) -> Verdict:
        """Judge: on time, or else whether the device was steady enough to tell.

        Callbacks that come later than the limit are no clock to hold the position against.
        """
        verdict = self.books.verdict(self.judged_ms.p95 <= POSITION_LIMIT_MS)
        if verdict is Verdict.BROKEN and self.books.balanced:
            late = self.books.late_ms > POSITION_LIMIT_MS
            return Verdict.DISTURBED if late else Verdict.BROKEN
        return verdict


def audible_position(
    card: Card, seconds: float, call_witness: Callable[[int], Witness] | None = None
) -> PositionResult:
    """Follow the audible position of a new stream; `call_witness` makes one for a rate."""
    dice = np.random.default_rng(1)
    positions: list[tuple[float, int]] = []
    witness = call_witness(card.rate_hz) if call_witness else None
    with Loop(card) as loop, witness or contextlib.nullcontext():
        loop.play(ahead_s=1.0)
        loop.wait(2 * SETTLE_S)
        give_up_s = time.monotonic() + seconds
        while time.monotonic() < give_up_s:
            now_s = time.monotonic()
            positions.append((now_s, card.core.audible(now_s)))
            loop.wait(0.003 + 0.004 * dice.random())
        loop.wait(SETTLE_S)
    recording = loop.recorded()
    rate = card.rate_hz
    lags = find_lags(recording, rate)
    by_loop = loop_errors_ms(positions, recording, rate)
    if not len(by_loop):
        raise DeviceError(
            "the device slipped all the time: this machine is too busy to measure on; "
            "end other programs and try again"
        )
    seen = np.zeros(0)
    if witness is not None:
        sightings = witness.sightings(loop.content)
        frames = recording.frames_at([sighting.at_s for sighting in sightings])
        steady = [s for s, sure in zip(sightings, lags.sure[frames], strict=True) if sure]
        seen = position_errors_ms(positions, steady, len(loop.content), rate)
    return PositionResult(
        seconds=seconds,
        slips=lags.slips,
        by_loop_ms=percentiles(np.abs(by_loop)),
        by_loop_mean_ms=round(float(np.mean(by_loop)), 3),
        by_witness_ms=percentiles(np.abs(seen)) if len(seen) else None,
        by_witness_mean_ms=round(float(np.mean(seen)), 3) if len(seen) else None,
        books=books_of(card, recording, lags.slips),
    )


def loop_errors_ms(
    positions: list[tuple[float, int]], recording: Recording, rate_hz: int
) -> NDArray[np.float64]:
    """Return by how much the position ran ahead of the microphone; times of slips left out."""
    lags = find_lags(recording, rate_hz)
    heard = content_index(recording)[lags.source()]
    frames = recording.frames_at([at_s for at_s, _ in positions])
    return np.array(
        [
            (audible - heard[frame]) / rate_hz * 1000
            for frame, (_, audible) in zip(frames, positions, strict=True)
            if lags.sure[frame] and heard[frame] >= 0
        ]
    )
