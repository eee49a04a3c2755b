"""What one stream captured, lost and announced; whose fault it is when a part goes wrong.

The core's books must balance whatever the device does: each frame of its index was either read or
announced as lost, once. A device that stands still, runs dry or drops blocks spoils a measurement
too, and shows in the same records.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

import numpy as np

from xtalk_edge.audio.card import Card
from xtalk_edge.audio.core import GAP_REASONS

from .recording import Recording

RING_FULL = GAP_REASONS[0]

STILL_MS = 100.0
"""The core, too, calls a device that is later than this stalled; bursts of blocks stay below."""

BURST_BLOCKS = 20
"""A stream's first blocks come in a burst, faster than they are heard."""


class Verdict(Enum):
    """What a part of the measurement found."""

    GOOD = "good"
    BROKEN = "broken"
    DISTURBED = "disturbed"
    """The device itself slipped or stood still, so that the part tells nothing about us."""


@dataclass(frozen=True, slots=True)
class Books:
    """Frames of one closed stream whose every part was read."""

    captured_frames: int
    read_frames: int
    read_in_order: bool
    block_frames: int
    """Frames of the blocks that were read."""

    ring_lost_frames: int
    ring_announced_frames: int
    device_lost_frames: int
    device_announced_frames: int
    still_ms: float
    """How much longer the stream ran than the frames that the device delivered."""

    late_ms: float
    """The longest that a callback kept the frames of a block waiting."""

    flags: int
    """Overflows and underflows that the device owned up to."""

    slips: int

    @property
    def balanced(self) -> bool:
        """Tell whether no frame was lost unannounced, doubled or out of order."""
        lost = self.ring_lost_frames + self.device_lost_frames
        return (
            self.read_in_order
            and self.read_frames == self.captured_frames == self.block_frames + lost
            and self.ring_announced_frames == self.ring_lost_frames
            and self.device_announced_frames == self.device_lost_frames
        )

    @property
    def steady(self) -> bool:
        """Tell whether the device ran without a break."""
        return self.device_lost_frames == self.flags == self.slips == 0 and self.still_ms < STILL_MS

    def verdict(self, good: bool) -> Verdict:
        """Blame a bad part on the device only if it was unsteady and the books balance."""
        if good and self.balanced:
            return Verdict.GOOD
        return Verdict.DISTURBED if self.balanced and not self.steady else Verdict.BROKEN


def books_of(card: Card, recording: Recording, slips: int) -> Books:
    """Add up a closed card's whole recording."""
    counters = card.core.counters()
    announced = {True: 0, False: 0}
    for gap in recording.gaps:
        announced[gap.reason == RING_FULL] += gap.frames
    return Books(
        captured_frames=counters.captured_frames,
        read_frames=recording.at_frame + len(recording.mic),
        read_in_order=recording.in_order,
        block_frames=recording.at_frame + sum(block.frames for block in recording.blocks),
        ring_lost_frames=counters.capture_lost_frames,
        ring_announced_frames=announced[True],
        device_lost_frames=counters.device_lost_frames,
        device_announced_frames=announced[False],
        still_ms=round(still_s(recording, card.rate_hz) * 1000, 1),
        late_ms=round(late_s(recording, card.rate_hz) * 1000, 1),
        flags=counters.input_overflows + counters.output_underflows,
        slips=slips,
    )


def still_s(recording: Recording, rate_hz: int) -> float:
    """Return how long the device delivered nothing, by the times of its callbacks."""
    if len(recording.blocks) <= BURST_BLOCKS:
        return 0.0
    first, last = recording.blocks[BURST_BLOCKS], recording.blocks[-1]
    delivered = last.capture_frame - first.capture_frame
    delivered -= sum(
        gap.frames
        for gap in recording.gaps
        if gap.reason != RING_FULL and first.capture_frame <= gap.at_frame < last.capture_frame
    )
    return max(0.0, last.now_s - first.now_s - delivered / rate_hz)


def late_s(recording: Recording, rate_hz: int) -> float:
    """Return by how much a callback came later after the one before than its frames last."""
    if len(recording.blocks) < 2:
        return 0.0
    called_s = [block.now_s for block in recording.blocks]
    frames = [block.capture_frame for block in recording.blocks]
    return max(0.0, float(np.max(np.diff(called_s) - np.diff(frames) / rate_hz)))
