"""Room on the disk that nobody else gets, for what the owner would miss once it is full."""

from __future__ import annotations

import contextlib
import os
import shutil
from pathlib import Path

FILE_NAME = "reserve"

RESERVE_BYTES = 1 << 20
"""A timer takes a page or two of 4 kB, in the log and in the file: some hundred of them."""

WRITE_BYTES = 256 << 10
"""What the longest list may take in one write, several times over."""

PLENTY = 4
"""So many times as much must be free before it is taken: it must not be what fills the disk."""


class Reserve:
    """A file in the state folder that is given up when there is room for nothing else."""

    def __init__(self, state_dir: Path) -> None:
        self._path = state_dir / FILE_NAME

    def keep(self) -> bool:
        """Take the room, if it is not taken yet and there is plenty; tell whether it is there."""
        with contextlib.suppress(OSError):
            if self._path.exists():
                return True
            if shutil.disk_usage(self._path.parent).free < PLENTY * RESERVE_BYTES:
                return False
            # Not `truncate`: a file with holes takes no room.
            descriptor = os.open(self._path, os.O_CREAT | os.O_WRONLY, 0o600)
            try:
                os.posix_fallocate(descriptor, 0, RESERVE_BYTES)
            finally:
                os.close(descriptor)
            return True
        return False

    def make_room(self) -> None:
        """Give the room up, where there is no other for the next write."""
        # Before it, not once it has failed: a full disk undoes the whole transaction.
        with contextlib.suppress(OSError):
            if shutil.disk_usage(self._path.parent).free < WRITE_BYTES:
                self._path.unlink()
