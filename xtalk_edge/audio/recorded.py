"""A card that gives again what another one gave: the same sound, gaps and absences.

The echo canceller is shown what was played then, not what is played now: that is what the recorded
microphone heard. Of what is played now a copy is kept.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from xtalk_edge.audio.card import Card
from xtalk_edge.audio.core import AudioCore, Captured
from xtalk_edge.audio.format import RATE_HZ, Samples
from xtalk_edge.audio.paced import CLOCK_ROUNDING_S, RING_S
from xtalk_edge.errors import DeviceError

_INPUT_OVERFLOW = 2
"""PaStreamCallbackFlags: sound was lost before this block."""

STALLED = "device stalled"
"""Of the reasons of gaps the one that no flag tells of."""


@dataclass(frozen=True, slots=True)
class Gap:
    """Samples that were never captured; they are zeros in the sound."""

    at_sample: int
    samples: int
    reason: str

    @property
    def end(self) -> int:
        """Index after the last of them."""
        return self.at_sample + self.samples


@dataclass(frozen=True, slots=True)
class Absence:
    """Time without a device, in seconds since the first sample was at the microphone."""

    from_s: float
    to_s: float
    reason: str


class _HeardBefore(AudioCore):
    """Hands over what another loudspeaker gave in place of its own."""

    def __init__(self, far: Samples) -> None:
        super().__init__(RATE_HZ, ring_s=RING_S)
        self._before = far

    def read(self, max_frames: int | None = None) -> Captured:
        """Take what was captured, beside what was played when it was recorded."""
        captured = super().read(max_frames)
        far = self._before[captured.at_frame : captured.at_frame + len(captured.mic)]
        return replace(captured, far=np.pad(far, (0, len(captured.mic) - len(far))))


class RecordedCard(Card):
    """Gives recorded sound at 16 kHz, each block once its time has come, then ends.

    Args:
        name: of the card that recorded it.
        mic: what its microphone gave, with zeros where nothing was captured.
        far: what its loudspeaker gave, as long.
        block_frames: frames it moved at a time, at 16 kHz.
        latency_s: from a frame written until it left the loudspeaker.
        gaps: what was never captured, in order.
        absences: when there was no device, in order.
    """

    def __init__(
        self,
        name: str,
        mic: Samples,
        far: Samples,
        *,
        block_frames: int,
        latency_s: float,
        gaps: Sequence[Gap] = (),
        absences: Sequence[Absence] = (),
    ) -> None:
        self.name = name
        self.rate_hz = RATE_HZ
        self.block_frames = block_frames
        self.latency_s = latency_s
        self.core = _HeardBefore(far)
        self.started_at_s: float | None = None
        """When the first sample was at the microphone; None before `start`."""
        self._mic = mic
        self._gaps = list(gaps)
        self._absences = list(absences)
        self._position = 0
        """Index of the next sample."""
        self._lost_because = ""
        """Why samples before the next block are missing; "" where none are."""
        self._now_s = 0.0
        self._gone = ""
        """Why there is no device now; "" while there is one."""
        self.played = np.zeros(len(mic), np.int16)
        """What is played now, each sample where the microphone took one."""

    def start(self, now_s: float) -> None:
        """Begin with the first sample."""
        self.started_at_s = self._now_s = now_s

    def pump(self, now_s: float) -> None:
        """Run the blocks that are due; none while the device was away."""
        if self.started_at_s is None:
            return
        self._now_s = now_s
        absence = self._absence()
        if absence is not None:
            self._gone = absence.reason
        if self._gone:
            return
        due = int((now_s - self.started_at_s + CLOCK_ROUNDING_S) * RATE_HZ)
        while self._position < len(self._mic):
            self._skip_gap(due)
            end = self._block_end()
            if end > due or end <= self._position:
                return
            self._run_block(end, now_s)

    def ended(self) -> str | None:
        """Return why nothing comes: the device was away then, or the recording is over."""
        over = self.started_at_s is not None and self._position >= len(self._mic)
        return self._gone or ("the recording is over" if over else None)

    @property
    def may_return(self) -> bool:
        """Whether the device is away, and will be opened again."""
        return bool(self._gone)

    def reopen(self, now_s: float) -> None:
        """Go on where the clock is now; raises DeviceError while the device was away."""
        self._now_s = now_s
        absence = self._absence()
        if absence is not None:
            raise DeviceError(f"{self.name}: {absence.reason}")
        self._gone = ""

    def close(self) -> None:
        """Stop."""
        self.core.close()

    def _absence(self) -> Absence | None:
        at_s = self._now_s - (self.started_at_s or 0.0)
        for each in self._absences:
            if each.from_s - CLOCK_ROUNDING_S <= at_s < each.to_s - CLOCK_ROUNDING_S:
                return each
        return None

    def _skip_gap(self, due: int) -> None:
        """Let the time of lost samples pass, as far as it is over."""
        while self._gaps and self._gaps[0].at_sample <= self._position:
            gap = self._gaps[0]
            if gap.end > due:
                return
            self._gaps.pop(0)
            if gap.end > self._position:
                self._position = gap.end
                self._lost_because = gap.reason

    def _block_end(self) -> int:
        """Return where the next block ends: at its usual length, or where a gap begins."""
        end = (self._position // self.block_frames + 1) * self.block_frames
        if self._gaps:
            end = min(end, max(self._position, self._gaps[0].at_sample))
        return min(end, len(self._mic))

    def _run_block(self, end: int, now_s: float) -> None:
        start = self._position
        adc_s = (self.started_at_s or 0.0) + start / RATE_HZ
        status = 0
        if self._lost_because == STALLED:
            self.core.set_stream(1, 1, 0.0, self.latency_s)
        elif self._lost_because:
            status = _INPUT_OVERFLOW
        self._lost_because = ""
        self.played[start:end] = self.core.process(
            self._mic[start:end],
            adc_s=adc_s,
            dac_s=adc_s + self.latency_s,
            now_s=now_s,
            status=status,
        )
        self._position = end
