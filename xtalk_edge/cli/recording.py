"""A conversation as a sound file: who spoke on the left, the device on the right."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from xtalk_edge.audio.format import RATE_HZ, Samples
from xtalk_edge.audio.sound_file import WavWriter


def write_recording(recording: tuple[Samples, Samples], path: Path) -> None:
    """Write what was said and what was played, at 16 kHz, as the two channels of a WAV file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with WavWriter(path, RATE_HZ, channels=2) as wav:
        wav.write(np.stack(recording, axis=1))
