"""What a loop recorded, lined up with itself: which frame that was heard is which that was played.

Pure. The card's far ring says what was handed to the device in the very frame in which the
microphone frame was taken, so a loop shows as one constant lag between the two.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from xtalk_edge.audio.core import BlockRecord, Captured, Gap
from xtalk_edge.errors import DeviceError

SAME_SOUND = 0.9
"""Normalised correlation above which what came back is what was played."""

WINDOW_S = 0.25
"""How often the lag is looked at: a slip is placed as exactly."""

MOST_LAG_S = 2.0
"""A device that ran dry again and again lags by some hundreds of milliseconds; the noise repeats
after four seconds."""


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
        return int(self.frames_at([time_s])[0])

    def frames_at(self, times_s: Sequence[float]) -> NDArray[np.int64]:
        """Return the microphone frames that were heard at these times."""
        frames = [block.capture_frame - self.at_frame for block in self.blocks]
        at_s = [block.adc_s for block in self.blocks]
        return np.interp(times_s, at_s, frames).astype(np.int64)

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
            reach = min(start, round(MOST_LAG_S * rate_hz))
            found = _lag_in(heard, far[start - reach : start + len(heard)], reach)
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


def _lag_in(heard: NDArray[np.int16], played: NDArray[np.int16], reach: int) -> int | None:
    size = 1 << (len(played) + len(heard)).bit_length()
    match = np.fft.irfft(
        np.fft.rfft(played.astype(float), size) * np.conj(np.fft.rfft(heard.astype(float), size)),
        size,
    )
    at = int(np.argmax(match[: reach + 1]))
    if similarity(heard, played[at : at + len(heard)]) < SAME_SOUND:
        return None  # a silence, or the window in which the lag changes
    return reach - at


def similarity(a: NDArray[Any], b: NDArray[Any]) -> float:
    """Return the normalised correlation of two stretches; 0 when one is silent or empty."""
    x, y = a.astype(float), b.astype(float)
    scale = float(np.sqrt(np.dot(x, x) * np.dot(y, y)))
    return float(np.dot(x, y)) / scale if scale > 0 else 0.0


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
