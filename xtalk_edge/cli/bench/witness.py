"""An independent ear at the loudspeaker: PulseAudio's recorder, and when its sound arrived.

Nothing of what PortAudio or the audio core say about time goes into it: a process of its own
records the sink's monitor, and this process's clock is read when sound comes out of its pipe. A
null sink hands a block to its monitor at the moment in which the block's first frame is due, so
that frame's arrival is its playing plus the way through two processes.
"""

from __future__ import annotations

import os
import subprocess
import threading
import time
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

MONITOR = "speaker.monitor"
"""What the private server's loudspeaker plays."""

RECORDER_LATENCY_MS = 10
"""As long as the device's blocks: the recorder makes the server work no harder."""

NEW_BLOCK_S = 0.004
"""Reads closer than this belong to one block, of which only the first frame is on time."""

SEEN_FRAMES = 32
"""So many frames of noise occur only once in the content."""

PIECE_S = 0.25
"""The earliest arrivals in each such piece count: others waited for a processor."""

EARLY_PERCENT = 20
"""Of the arrivals in a piece: not the very first, which may be the end of a longer block."""


@dataclass(frozen=True, slots=True)
class Sighting:
    """A content frame (modulo the content's length) that arrived from the loudspeaker."""

    at_s: float
    content_frame: int


class Witness:
    """Records while open; use it as a context manager."""

    def __init__(self, rate_hz: int) -> None:
        self._command = [
            "parec", "-d", MONITOR, "--format=s16le", f"--rate={rate_hz}", "--channels=1",
            f"--latency-msec={RECORDER_LATENCY_MS}", "--raw",
        ]  # fmt: skip
        self._reads: list[tuple[float, bytes]] = []

    def __enter__(self) -> Witness:
        self._recorder = subprocess.Popen(self._command, stdout=subprocess.PIPE)
        self._thread = threading.Thread(target=self._listen, name="bench-witness")
        self._thread.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self._recorder.terminate()
        self._thread.join()
        self._recorder.wait()
        if self._recorder.stdout is not None:
            self._recorder.stdout.close()

    def _listen(self) -> None:
        assert self._recorder.stdout is not None
        while read := os.read(self._recorder.stdout.fileno(), 1 << 16):
            self._reads.append((time.monotonic(), read))

    def sightings(self, content: NDArray[np.int16]) -> list[Sighting]:
        """Return when which frames of a noise that was played over and over arrived."""
        return find_sightings(self._reads, content)


def find_sightings(reads: list[tuple[float, bytes]], content: NDArray[np.int16]) -> list[Sighting]:
    """Look the first frames of each block up in the content; what is not there is left out."""
    order = np.argsort(content, kind="stable")
    values = content[order]
    wrapped = np.concatenate([content, content[:SEEN_FRAMES]])
    found: list[Sighting] = []
    before_s = -np.inf
    for at_s, read in reads:
        first_of_block, before_s = at_s - before_s > NEW_BLOCK_S, at_s
        if not first_of_block or len(read) < 2 * SEEN_FRAMES:
            continue
        frames = np.frombuffer(read[: 2 * SEEN_FRAMES], np.int16)
        low, high = (
            np.searchsorted(values, frames[0], "left"),
            np.searchsorted(values, frames[0], "right"),
        )
        for candidate in order[low:high]:
            if np.array_equal(wrapped[candidate : candidate + SEEN_FRAMES], frames):
                found.append(Sighting(at_s, int(candidate)))
                break
    return found


def position_errors_ms(
    positions: list[tuple[float, int]],
    sightings: list[Sighting],
    content_frames: int,
    rate_hz: int,
) -> NDArray[np.float64]:
    """Return by how much the audible position ran ahead, one figure for each PIECE_S.

    `positions` are (time, content index) as they were asked for. The way from the loudspeaker to
    this process, some tenths of a millisecond, counts as running ahead.
    """
    times = np.array([at_s for at_s, _ in positions])
    indices = np.array([index for _, index in positions], float)
    seen = [s for s in sightings if times[0] <= s.at_s <= times[-1]]
    at_s = np.array([s.at_s for s in seen])
    frames = np.array([s.content_frame for s in seen])
    apart = np.interp(at_s, times, indices) - frames
    apart = (apart + content_frames / 2) % content_frames - content_frames / 2
    piece = ((at_s - times[0]) / PIECE_S).astype(int) if len(seen) else np.zeros(0, int)
    return np.array(
        [
            np.percentile(apart[piece == number], EARLY_PERCENT) / rate_hz * 1000
            for number in np.unique(piece)
        ]
    )
