"""A loop from a loudspeaker back to a microphone: plays noise without pause, and records."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from xtalk_edge.audio.card import Card
from xtalk_edge.audio.core import Captured
from xtalk_edge.audio.portaudio_library import reason_given
from xtalk_edge.errors import DeviceError

from .recording import Recording, join

QUIETEST, LOUDEST = 1000, 8000
"""Noise that is never near zero, so that a fade's last frame still shows; -12 dB at most."""

ROUND_S = 0.005
"""How often reader and writer look: half a block."""

WRITE_AHEAD_S = 2.0
"""How much the load phases keep in the playback ring."""

SETTLE_S = 0.5
"""A sound server moves its buffers about in the first blocks of a stream."""

SEED = 20_260_101
"""Any; fixed so that two runs play the same."""


def noise(frames: int, seed: int = SEED) -> NDArray[np.int16]:
    """Return white noise whose samples all lie between QUIETEST and LOUDEST, either sign."""
    dice = np.random.default_rng(seed)
    size = dice.integers(QUIETEST, LOUDEST, frames, dtype=np.int16, endpoint=True)
    return np.where(dice.random(frames) < 0.5, -size, size).astype(np.int16)


class Loop:
    """Runs a card with a reader and a writer thread; use it as a context manager."""

    def __init__(self, card: Card) -> None:
        self.card = card
        self.content = noise(card.rate_hz * 4)
        """Played over and over; see `expected`."""

        self._parts: list[Captured] = []
        self._lock = threading.Lock()
        self._writing = threading.Lock()
        self._reading = threading.Event()
        self._ahead_frames = 0
        self._stop = threading.Event()
        self._threads = [
            threading.Thread(target=self._read, name="bench-reader"),
            threading.Thread(target=self._write, name="bench-writer"),
        ]

    def __enter__(self) -> Loop:
        self._reading.set()
        self.card.start(time.monotonic())
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join()
        self.card.close()
        while len((part := self.card.core.read()).mic):
            self._parts.append(part)

    def play(self, ahead_s: float = WRITE_AHEAD_S) -> None:
        """Keep `ahead_s` of noise in the playback ring; once 0 returns, nothing is written."""
        with self._writing:
            self._ahead_frames = round(ahead_s * self.card.rate_hz)

    def stall_reader(self, stalled: bool) -> None:
        """Let nobody read, or go on reading."""
        if stalled:
            self._reading.clear()
        else:
            self._reading.set()

    def recorded(self) -> Recording:
        """Return all that was read since the last call."""
        with self._lock:
            parts, self._parts = self._parts, []
        if not parts:
            raise DeviceError("the device delivers no sound; choose another with --input")
        return join(parts)

    def wait(self, seconds: float) -> None:
        """Let it run; DeviceError when the device ends meanwhile."""
        self.wait_until(lambda: False, seconds)

    def wait_until(self, fact: Callable[[], bool], limit_s: float) -> bool:
        """Wait for a fact, at most `limit_s`; tell whether it came true; DeviceError as `wait`."""
        give_up_s = time.monotonic() + limit_s
        while not fact():
            if self.card.core.finished:
                raise DeviceError(
                    f"the sound system stopped the stream of {self.card.name}{reason_given()}"
                )
            if time.monotonic() > give_up_s:
                return False
            time.sleep(min(ROUND_S, max(0.0, give_up_s - time.monotonic())))
        return True

    def expected(self, start: int, frames: int) -> NDArray[np.int16]:
        """Return the content from index `start` on."""
        turns = -(-(start % len(self.content) + frames) // len(self.content))
        first = start % len(self.content)
        return np.tile(self.content, turns)[first : first + frames]

    def _read(self) -> None:
        while not self._stop.wait(ROUND_S):
            if self._reading.is_set():
                part = self.card.core.read()
                if len(part.mic):
                    with self._lock:
                        self._parts.append(part)

    def _write(self) -> None:
        core = self.card.core
        while not self._stop.wait(ROUND_S):
            with self._writing:
                written = core.written
                room = min(self._ahead_frames - (written - core.consumed), core.free)
                if room > 0:
                    core.write(self.expected(written, room))
