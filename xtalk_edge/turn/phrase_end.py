"""Where the wake phrase ended and the command begins, in one breath. Pure."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

FRAME_SAMPLES = 160
"""10 ms at 16 kHz."""

DIP_FRAMES = 3
"""Between two words the mouth closes or changes for some 30 ms."""


def phrase_end(sound: NDArray[np.int16]) -> int:
    """Return the index of the quietest moment, where one word most likely follows another.

    Args:
        sound: from the earliest to the latest possible end of the phrase; (samples,) at 16 kHz.
    """
    frames = len(sound) // FRAME_SAMPLES
    if frames <= DIP_FRAMES:
        return 0
    power = np.square(sound[: frames * FRAME_SAMPLES].astype(np.float64))
    power = power.reshape(frames, FRAME_SAMPLES).sum(1)
    dips = np.convolve(power, np.ones(DIP_FRAMES), "valid")
    return (int(np.argmin(dips)) + DIP_FRAMES // 2) * FRAME_SAMPLES
