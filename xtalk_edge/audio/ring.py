"""The rings that hold the last seconds of sound: one writer thread, any number of readers.

No lock guards the samples. The writer announces how far it is about to write, copies, then
publishes the new head; a reader copies first and checks afterwards what was overwritten under it.
"""

from __future__ import annotations

import threading

import numpy as np
from numpy.typing import NDArray

Samples = NDArray[np.int16]


class AudioRing:
    """The last `seconds` of int16 mono sound under absolute sample indices from 0 on."""

    def __init__(self, seconds: float, rate_hz: int = 16000) -> None:
        self.rate_hz = rate_hz
        self.capacity = round(seconds * rate_hz)
        if self.capacity < 1:
            raise ValueError(f"a ring of {seconds} s at {rate_hz} Hz holds no sample")
        self._buffer: Samples = np.zeros(self.capacity, np.int16)
        self._head = 0
        self._announced = 0
        self._count_lock = threading.Lock()
        self.overruns = 0
        """How many reads of all cursors found that samples had been overwritten."""
        self.lost_samples = 0
        """How many samples those reads lost."""

    @property
    def head(self) -> int:
        """Absolute index after the last sample written."""
        return self._head

    @property
    def oldest(self) -> int:
        """Absolute index of the oldest sample still held."""
        return max(0, self._announced - self.capacity)

    def write(self, samples: Samples) -> None:
        """Append samples; older ones than `capacity` are overwritten."""
        end = self._announced = self._head + len(samples)
        kept = samples[-self.capacity :] if len(samples) > self.capacity else samples
        start = (end - len(kept)) % self.capacity
        first = min(len(kept), self.capacity - start)
        self._buffer[start : start + first] = kept[:first]
        self._buffer[: len(kept) - first] = kept[first:]
        self._head = end

    def slice(self, start: int, stop: int) -> tuple[Samples, int]:
        """Return a copy of [start, stop) and how many samples at its beginning were overwritten.

        The copy begins at `start` plus that number, and ends at `head` if `stop` lies beyond it.
        Indices below 0 never existed and are left out without being counted.
        """
        start = max(0, start)
        stop = min(stop, self._head)
        begin = min(max(start, self.oldest), max(start, stop))
        copy = self._copy(begin, max(begin, stop))
        overwritten = min(max(0, self.oldest - begin), len(copy))
        return copy[overwritten:], begin - start + overwritten

    def cursor(self, at: int | None = None) -> Cursor:
        """Return a reader that starts at the absolute index `at`, or at the head."""
        return Cursor(self, self._head if at is None else at)

    def count_overrun(self, lost: int) -> None:
        """Add one lapped read to the counts."""
        with self._count_lock:
            self.overruns += 1
            self.lost_samples += lost

    def _copy(self, start: int, stop: int) -> Samples:
        samples = np.empty(stop - start, np.int16)
        at = start % self.capacity
        first = min(len(samples), self.capacity - at)
        samples[:first] = self._buffer[at : at + first]
        samples[first:] = self._buffer[: len(samples) - first]
        return samples


class Cursor:
    """One reader's place in a ring; used by one thread at a time."""

    def __init__(self, ring: AudioRing, at: int) -> None:
        self._ring = ring
        self.at = max(0, at)
        """Absolute index of the next sample to read; assign to it to go elsewhere."""

    @property
    def available(self) -> int:
        """Samples written and not yet read, overwritten ones included."""
        return max(0, self._ring.head - self.at)

    def read(self, max_samples: int | None = None) -> tuple[Samples, int]:
        """Return the next samples and how many before them were lost because the writer lapped us.

        `at` afterwards is the index after the last sample returned, so the first one's index is
        `at` minus their number.
        """
        head = self._ring.head
        start = max(self.at, min(self._ring.oldest, head))
        stop = head if max_samples is None else min(head, start + max_samples)
        if stop <= self.at:
            return np.empty(0, np.int16), 0
        samples, lost = self._ring.slice(self.at, stop)
        if lost:
            self._ring.count_overrun(lost)
        self.at += lost + len(samples)
        return samples, lost
