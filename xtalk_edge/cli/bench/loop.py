"""A loop from a loudspeaker back to a microphone: plays noise, records, and compares.

The card's far ring says what was handed to the device in the very frame in which the microphone
frame was taken, so a loop shows as one constant lag between the two.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from types import TracebackType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from xtalk_edge.audio.card import Card
from xtalk_edge.audio.core import BlockRecord, Captured, Gap
from xtalk_edge.errors import DeviceError

QUIETEST, LOUDEST = 1000, 8000
"""Noise that is never near zero, so that a fade's last frame still shows; -12 dB at most."""

SAME_SOUND = 0.9
"""Normalised correlation above which what came back is what was played."""

WINDOW_S = 0.25
"""How often the lag is looked at: a lag may be as long, and a slip is placed as exactly."""

ROUND_S = 0.005
"""How often reader and writer look: half a block."""

WRITE_AHEAD_S = 2.0
"""How much the load phases keep in the playback ring."""

SEED = 20_260_101
"""Any; fixed so that two runs play the same."""


def noise(frames: int, seed: int = SEED) -> NDArray[np.int16]:
    """Return white noise whose samples all lie between QUIETEST and LOUDEST, either sign."""
    dice = np.random.default_rng(seed)
    size = dice.integers(QUIETEST, LOUDEST, frames, dtype=np.int16, endpoint=True)
    return np.where(dice.random(frames) < 0.5, -size, size).astype(np.int16)


@dataclass(frozen=True, slots=True)
class Recording:
    """Everything a reader got, joined."""

    mic: NDArray[np.int16]
    far: NDArray[np.int16]
    gaps: tuple[Gap, ...]
    blocks: tuple[BlockRecord, ...]
    at_frame: int
    in_order: bool
    """Whether every read began where the one before had ended."""

    def frame_at(self, time_s: float) -> int:
        """Return the microphone frame of this recording that was heard at `time_s`."""
        frames = [block.capture_frame - self.at_frame for block in self.blocks]
        return int(np.interp(time_s, [block.adc_s for block in self.blocks], frames))

    def time_s(self, frame: int) -> float:
        """Return when a microphone frame of this recording was heard, by the ADC times."""
        frames = [block.capture_frame - self.at_frame for block in self.blocks]
        return float(np.interp(frame, frames, [block.adc_s for block in self.blocks]))


def join(parts: list[Captured]) -> Recording:
    """Put successive reads together."""
    ends = [part.at_frame + len(part.mic) for part in parts]
    return Recording(
        mic=np.concatenate([part.mic for part in parts]),
        far=np.concatenate([part.far for part in parts]),
        gaps=tuple(gap for part in parts for gap in part.gaps),
        blocks=tuple(block for part in parts for block in part.blocks),
        at_frame=parts[0].at_frame,
        in_order=all(end == part.at_frame for end, part in zip(ends[:-1], parts[1:], strict=True)),
    )


@dataclass(frozen=True, slots=True)
class Lags:
    """For each mic frame, how many frames before it `far` played what it repeats."""

    frames: NDArray[np.int64]
    sure: NDArray[np.bool_]
    """False around a slip: where the device ran dry or dropped a block, nothing lines up."""

    @property
    def slips(self) -> int:
        """Return how often the lag changed."""
        return int(np.count_nonzero(np.diff(self.frames)))

    def source(self) -> NDArray[np.int64]:
        """Return for each mic frame the far frame it repeats; the first where none is."""
        return np.asarray(np.maximum(np.arange(len(self.frames)) - self.frames, 0), np.int64)


def find_lags(recording: Recording, rate_hz: int) -> Lags:
    """Line a recording up with itself; raises DeviceError when nothing played comes back."""
    mic, far = recording.mic, recording.far
    window = round(WINDOW_S * rate_hz)
    lags, sure = np.zeros(len(mic), np.int64), np.zeros(len(mic), np.bool_)
    lag: int | None = None
    for start in range(window, len(mic), window):
        heard = mic[start : start + window]
        before = None if lag is None else far[start - lag : start - lag + len(heard)]
        same = before is not None and np.array_equal(heard, before)
        if not same:
            found = _lag_in(heard, far[start - window : start + len(heard)], window)
            same = found is not None
            lag = lag if found is None else found
        lags[start : start + window] = lag or 0
        sure[start : start + window] = same
    if lag is None:
        raise DeviceError(
            "what was played did not come back to the input: there is no loop; "
            "use --pulse, or see --help for how to make one"
        )
    first = int(np.argmax(lags > 0))
    lags[:first] = lags[first]
    return Lags(lags, sure)


def _lag_in(heard: NDArray[np.int16], played: NDArray[np.int16], window: int) -> int | None:
    size = 1 << (len(played) + len(heard)).bit_length()
    match = np.fft.irfft(
        np.fft.rfft(played.astype(float), size) * np.conj(np.fft.rfft(heard.astype(float), size)),
        size,
    )
    at = int(np.argmax(match[: window + 1]))
    if similarity(heard, played[at : at + len(heard)]) < SAME_SOUND:
        return None  # a silence, or the window in which the lag changes
    return window - at


def similarity(a: NDArray[Any], b: NDArray[Any]) -> float:
    """Return the normalised correlation of two stretches; 0 when one is silent or empty."""
    x, y = a.astype(float), b.astype(float)
    scale = float(np.sqrt(np.dot(x, x) * np.dot(y, y)))
    return float(np.dot(x, y)) / scale if scale > 0 else 0.0


class Loop:
    """Runs a card with a reader and a writer thread; use it as a context manager."""

    def __init__(self, card: Card) -> None:
        self.card = card
        self.content = noise(card.rate_hz * 4)
        """Played over and over; see `expected`."""

        self._parts: list[Captured] = []
        self._lock = threading.Lock()
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

    def __exit__(
        self,
        kind: type[BaseException] | None,
        exc: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join()
        self.card.close()
        self._parts.append(self.card.core.read())

    def play(self, ahead_s: float = WRITE_AHEAD_S) -> None:
        """Keep `ahead_s` of noise in the playback ring from now on; 0 writes no more."""
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
            raise DeviceError(self.card.ended() or "the device delivers no sound")
        return join(parts)

    def wait(self, seconds: float) -> None:
        """Let it run; DeviceError when the device ends meanwhile."""
        self.wait_until(lambda: False, seconds)

    def wait_until(self, fact: Callable[[], bool], limit_s: float) -> bool:
        """Wait for a fact, at most `limit_s`; return whether it came true."""
        give_up_s = time.monotonic() + limit_s
        while not fact():
            if reason := self.card.ended():
                raise DeviceError(reason)
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
            written = core.written
            room = min(self._ahead_frames - (written - core.consumed), core.free)
            if room > 0:
                core.write(self.expected(written, room))


class GilHog:
    """Holds the interpreter in calls of a given length, one after the other, while open."""

    def __init__(self, hold_ms: float) -> None:
        self._hold_ms = hold_ms
        self._power = 100_000  # some 10 ms on a laptop; finds its length within a few calls
        self.held_ms: list[float] = []
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="bench-hog")

    def __enter__(self) -> GilHog:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        exc: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stop.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._stop.is_set():
            took_ms = _time_power_ms(self._power)
            self.held_ms.append(took_ms)
            # Processor clocks and neighbours change: keep near the length asked for.
            self._power = round(self._power * min(1.1, max(0.9, self._hold_ms / took_ms)))


def _time_power_ms(power: int) -> float:
    began_s = time.perf_counter()
    pow(3, power)  # one C call that never lets go of the interpreter
    return (time.perf_counter() - began_s) * 1000
