"""What a recording tells of one reply that was ducked and cut. Pure.

Three clocks meet here: the calls' and the callbacks' is one, the monotonic clock; the ADC times are
the device's claim. What is heard is placed by frames, and frames by when their block was called
back; only the figures in milliseconds rest on ADC times, and only where these can be true.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .books import STILL_MS
from .recording import Lags, Recording, content_index

DUCK_GAIN = 0.25
"""-12 dB, what an assistant that is spoken over drops to."""

DUCK_10_PERCENT = 1 - 0.1 * (1 - DUCK_GAIN)
"""The level a tenth of the way down."""

LEVEL_FRAMES = 24
"""Half a millisecond at 48 kHz: levels are taken over the frames up to the one in question."""

SILENT = 0.01
"""-40 dB: what a fade of 5 ms leaves in its last frames."""

PIECE_S = 0.01
"""So long a piece must come back as it was played: what is heard is judged by the block."""

SAME_LEVEL = 0.2
"""What differs in a piece may be so loud against it: a path with noise, not a dropout."""

FLOOR = 100.0
"""Differences below this are no sound: the quietest noise played, ducked, is twice as loud."""

CLOCK_MS = 10.0
"""ADC times may stray so far within a trial, and lie so far outside what is possible."""

SLIPPED = "the device slipped"
STOOD_STILL = "the device stood still"
CLOCK_APART = "its clock and its frames do not agree"
CUT_SHORT = "it was not recorded to its end"
STARVED = "the bench did not come to write enough"


@dataclass(frozen=True, slots=True)
class Trial:
    """When one reply was ducked, cut, and followed by the next."""

    ducked_s: float
    cut_s: float
    cut_at: int | None
    """None when no block came in time to say it."""

    came_to_rest: bool
    """Whether the audible position reached `cut_at`, and stood there."""

    resumed_s: float


@dataclass(frozen=True, slots=True)
class TrialTimes:
    """One trial that could be judged, in milliseconds from the call."""

    duck_10_percent_ms: float
    cut_10_percent_ms: float
    cut_silence_ms: float
    cut_exact: bool
    came_to_rest: bool


def heard_trials(
    rate_hz: int,
    recording: Recording,
    lags: Lags,
    content: NDArray[np.int16],
    done: Sequence[Trial],
) -> list[TrialTimes | str]:
    """Return for each trial what was heard, or why it tells nothing."""
    ear = _Ear(rate_hz, recording, lags, content)
    return [ear.judge(trial) for trial in done]


class _Ear:
    """One recording, prepared for its trials."""

    def __init__(
        self, rate_hz: int, recording: Recording, lags: Lags, content: NDArray[np.int16]
    ) -> None:
        self.rate_hz = rate_hz
        self.mic, self.far = recording.mic, recording.far
        self.gaps = [gap.at_frame - recording.at_frame for gap in recording.gaps]
        self.source = lags.source()
        self.exact_path = 2 * np.count_nonzero(self.mic == self.far[self.source]) > len(self.mic)
        self.played = content_index(recording)  # the content index in each far frame, or -1
        full = content[self.played % len(content)].astype(float)
        full[self.played < 0] = 0
        # Only ratios of what was played: the way back has been compared with it by then.
        self.level = _moving_rms(self.far.astype(float)) / np.maximum(_moving_rms(full), 1.0)
        self.called_s = np.array([block.now_s for block in recording.blocks])
        self.adc_s = np.array([block.adc_s for block in recording.blocks])
        self.starts = np.array([b.capture_frame - recording.at_frame for b in recording.blocks])

    def judge(self, trial: Trial) -> TrialTimes | str:
        """Follow one trial through the loop."""
        first, last = np.searchsorted(self.called_s, [trial.ducked_s, trial.resumed_s])
        if last - first < 2 or last >= len(self.starts):
            return CUT_SHORT
        # Played from the call on, until the next reply; and where that came back.
        start, end = int(self.starts[first]), int(self.starts[last])
        back = slice(*np.searchsorted(np.maximum.accumulate(self.source), [start, end]).tolist())
        if reason := self._spoilt(trial, int(first), int(last), back):
            return reason
        clock_s = self._clock(back)
        if clock_s is None:
            return CLOCK_APART
        lag = back.start - start
        times = []
        for called_s, limit in (
            (trial.ducked_s, DUCK_10_PERCENT), (trial.cut_s, 0.9), (trial.cut_s, SILENT),
        ):  # fmt: skip
            handed = self._handed_after(called_s)
            below = np.flatnonzero(self.level[handed:end] < limit)
            frame = handed + int(below[0]) if len(below) else end
            heard_s = clock_s + (frame + lag) / self.rate_hz
            if not self._possible(heard_s, frame, frame + lag):
                return CLOCK_APART
            times.append((heard_s - called_s) * 1000)
        sounding = np.flatnonzero(self.mic[back])
        last_heard = int(self.played[start + sounding[-1]]) if len(sounding) else -1
        exact = trial.cut_at is not None and last_heard == trial.cut_at - 1
        return TrialTimes(times[0], times[1], times[2], exact, trial.came_to_rest)

    def _spoilt(self, trial: Trial, first: int, last: int, back: slice) -> str | None:
        start, end = int(self.starts[first]), int(self.starts[last])
        if self._stood_still(first, last, back):
            return STOOD_STILL
        if self.source[-1] < end:
            return CUT_SHORT
        if not self._came_back(start, end, back):
            return SLIPPED
        if bool((self.played[start : self._handed_after(trial.cut_s)] < 0).any()):
            return STARVED
        return None

    def _handed_after(self, called_s: float) -> int:
        """Return the first frame handed to the device after a call."""
        return int(self.starts[np.searchsorted(self.called_s, called_s)])

    def _stood_still(self, first: int, last: int, back: slice) -> bool:
        within = self.called_s[max(0, first - 1) : last + 1]
        lost = any(self.starts[first] <= gap <= back.stop for gap in self.gaps)
        return lost or bool((np.diff(within) * 1000 > STILL_MS).any())

    def _came_back(self, start: int, end: int, back: slice) -> bool:
        """Tell whether the microphone heard, piece by piece, what was played."""
        if not np.array_equal(self.source[back], np.arange(start, end)):
            return False
        if self.exact_path:
            return np.array_equal(self.mic[back], self.far[start:end])
        heard, played = self.mic[back].astype(float), self.far[start:end].astype(float)
        scale = float(heard @ played) / max(1.0, float(played @ played))
        size = round(PIECE_S * self.rate_hz)
        for at in range(0, len(heard), size):
            due = scale * played[at : at + size]
            apart = float(np.sqrt(np.mean((heard[at : at + size] - due) ** 2)))
            if apart > FLOOR + SAME_LEVEL * float(np.sqrt(np.mean(due**2))):
                return False
        return True

    def _clock(self, back: slice) -> float | None:
        """Return when frame 0 would have been heard, by the ADC times of a trial, or None."""
        within = (self.starts >= back.start) & (self.starts < back.stop)
        zero_s = self.adc_s[within] - self.starts[within] / self.rate_hz
        if not len(zero_s):
            return None
        low_s, middle_s, high_s = np.percentile(zero_s, (10, 50, 90))
        return None if (high_s - low_s) * 1000 > CLOCK_MS else float(middle_s)

    def _possible(self, heard_s: float, played: int, heard: int) -> bool:
        """Tell whether a time lies between the two callbacks that handed over and took it."""
        handed_s = self._called_with(played)
        taken_s = self._called_with(heard)
        return handed_s - CLOCK_MS / 1000 < heard_s < taken_s + CLOCK_MS / 1000

    def _called_with(self, frame: int) -> float:
        return float(self.called_s[np.searchsorted(self.starts, frame, "right") - 1])


def _moving_rms(x: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return for each frame the level of the LEVEL_FRAMES up to it."""
    sums = np.concatenate([np.zeros(LEVEL_FRAMES), np.cumsum(x * x)])
    power = np.maximum(sums[LEVEL_FRAMES:] - sums[:-LEVEL_FRAMES], 0) / LEVEL_FRAMES
    return np.asarray(np.sqrt(power), np.float64)
