"""A stereo recording of a session: the room on the left, the device's voice on the right.

Frame n of both stands for the same sample of the rings. The header is brought up to date behind
each piece, so that the file is whole whenever the program ends, and however.
"""

from __future__ import annotations

import os
import shutil
import struct
from pathlib import Path

import numpy as np

from xtalk_edge.audio.format import RATE_HZ, Samples, samples_to_pcm
from xtalk_edge.errors import DeviceError

HEADER_BYTES = 44
FRAME_BYTES = 4

KEPT_FREE_BYTES = 200_000_000
"""Left on the disk for what matters more: timers, notes, the log."""


class SessionFile:
    """One WAV file of two channels at 16 kHz.

    Args:
        path: a new file.
        most_bytes: size that it never exceeds.
    """

    def __init__(self, path: Path, most_bytes: int) -> None:
        """Begin the file; raises DeviceError."""
        self.path = path
        self._most_frames = (most_bytes - HEADER_BYTES) // FRAME_BYTES
        self._frames = 0
        self._first: int | None = None
        """Sample at which frame 0 stands; None before the first sound."""
        self._over = ""
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
            os.write(self._file, _header(0))
        except OSError as error:
            if path.exists():
                raise DeviceError(
                    f"{path}: there is such a file already; choose another name"
                ) from error
            raise DeviceError(
                f"{path}: cannot be written ({error.strerror}); check the folder and free space"
            ) from error

    @property
    def over(self) -> str:
        """Why nothing more is written; "" while something is."""
        return self._over

    def write(self, at_sample: int, room: Samples, voice: Samples) -> None:
        """Write what was captured and played from a sample on; what was lost before is silence."""
        if self._over:
            return
        if self._first is None:
            self._first = at_sample
        lost = max(0, at_sample - self._first - self._frames)
        lost = min(lost, self._most_frames - self._frames)
        room = room[: self._most_frames - self._frames - lost]
        frames = np.zeros((lost + len(room), 2), np.int16)
        frames[lost:, 0], frames[lost:, 1] = room, voice[: len(room)]
        try:
            if shutil.disk_usage(self.path).free < KEPT_FREE_BYTES + frames.nbytes:
                self._over = "the disk is nearly full"
                return
            offset = HEADER_BYTES + self._frames * FRAME_BYTES
            written = os.pwrite(self._file, samples_to_pcm(frames), offset)
            self._frames += written // FRAME_BYTES
            os.pwrite(self._file, _header(self._frames), 0)
        except OSError as error:
            self._over = error.strerror or "the disk cannot be written"
            return
        if self._frames >= self._most_frames:
            self._over = "it has the size that recorder.session_mb allows"

    def close(self) -> None:
        """Write no more."""
        self._over = self._over or "it is closed"
        os.close(self._file)


def _header(frames: int) -> bytes:
    """Return the 44 bytes before the sound of a WAV file: RIFF, fmt, data."""
    size = frames * FRAME_BYTES
    form = struct.pack("<HHIIHH", 1, 2, RATE_HZ, RATE_HZ * FRAME_BYTES, FRAME_BYTES, 16)
    return b"".join((
        b"RIFF", struct.pack("<I", HEADER_BYTES - 8 + size), b"WAVE",
        b"fmt ", struct.pack("<I", len(form)), form,
        b"data", struct.pack("<I", size),
    ))  # fmt: skip
