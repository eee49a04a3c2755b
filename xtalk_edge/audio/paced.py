"""A card without hardware: its blocks come when the clock says so, real or virtual."""

from __future__ import annotations

from abc import abstractmethod

import numpy as np
from numpy.typing import NDArray

from xtalk_edge.audio.card import Card
from xtalk_edge.audio.core import AudioCore

MOST_BACKLOG_S = 3.0
"""Moved by one `pump` at most: after a long stall the rest follows with the next ones."""

# A block is due although rounding put its end a hair behind `now_s`.
CLOCK_ROUNDING_S = 1e-6

RING_S = 4.0
"""The longest that anything here waits to be taken: nothing but a stalled program is late."""


class PacedCard(Card):
    """Runs whole blocks through the core, each once its last frame has been captured."""

    def __init__(self, name: str, rate_hz: int, block_ms: float, output_latency_s: float) -> None:
        self.name = name
        self.rate_hz = rate_hz
        self.block_frames = max(1, round(rate_hz * block_ms / 1000))
        self.latency_frames = self.block_frames + round(output_latency_s * rate_hz)
        """From a block's first captured frame to its first played frame leaving the loudspeaker."""
        self.latency_s = self.latency_frames / rate_hz
        self.core = AudioCore(rate_hz, ring_s=RING_S)
        self.started_at_s: float | None = None
        """When frame 0 was at the microphone; None before the first `start`."""
        self._blocks = 0
        """Blocks whose time is over, run or lost."""
        self._held_blocks = 0
        """So many must be due before any is run."""
        self._takes_sound = True
        """Whether there is an output that takes what is to be played."""

    def start(self, now_s: float) -> None:
        """Begin at frame 0; after a pause go on where the clock is now."""
        if self.started_at_s is None:
            self.started_at_s = now_s
        else:
            self._lose_blocks(self._due(now_s) - self._blocks)

    def pump(self, now_s: float) -> None:
        """Run the blocks that are due; does nothing before `start`."""
        if self.started_at_s is None:
            return
        most = round(MOST_BACKLOG_S * self.rate_hz / self.block_frames)
        due = self._due(now_s) - self._blocks
        if due < self._held_blocks:
            return
        self._held_blocks = 0
        for _ in range(min(due, most)):
            self._run_block(now_s)

    @property
    def position(self) -> int:
        """Frames whose time is over."""
        return self._blocks * self.block_frames

    @abstractmethod
    def _microphone(self, start: int) -> NDArray[np.int16]:
        """Return the block of frames that begins at `start`."""

    @abstractmethod
    def _loudspeaker(self, start: int, played: NDArray[np.int16]) -> None:
        """Take what is to be played for the block that began at `start`."""

    def _status(self) -> int:
        """Return the PaStreamCallbackFlags of the next block."""
        return 0

    def _lose_blocks(self, count: int) -> None:
        """Let the time of `count` blocks pass without running them."""
        self._blocks += max(0, count)

    def _due(self, now_s: float) -> int:
        elapsed_s = now_s - (self.started_at_s or 0.0) + CLOCK_ROUNDING_S
        return int(elapsed_s * self.rate_hz / self.block_frames)

    def _run_block(self, now_s: float) -> None:
        start = self.position
        adc_s = (self.started_at_s or 0.0) + start / self.rate_hz
        played = self.core.process(
            self._microphone(start),
            adc_s=adc_s,
            dac_s=adc_s + self.latency_s,
            now_s=now_s,
            status=self._status(),
            output=self._takes_sound,
        )
        self._blocks += 1
        self._loudspeaker(start, played)
