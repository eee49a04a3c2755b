"""The ring in memory: a folder of lumps, of which the oldest go when enough newer ones are there.

One writer, and readers of other processes at any time, also after the writer has died: whatever was
not written whole is known by its checksum and left out.
"""

from __future__ import annotations

import contextlib
import errno
import os
import re
from pathlib import Path

from xtalk_edge.audio.format import RATE_HZ
from xtalk_edge.recorder.lump import Lump, pack, unpack
from xtalk_edge.recorder.recording import Recording, joined

_NAME = re.compile(r"\d{12}\.lump")

LARGEST_LUMP_BYTES = 16_000_000
"""A writer that was stalled for a minute would still not make it; a reader believes no more."""


class LumpRing:
    """The writer's side.

    Args:
        folder: of this ring alone; it exists.
        seconds: how much sound is always held, once there was so much.
    """

    def __init__(self, folder: Path, seconds: float) -> None:
        self._folder = folder
        self._wanted = round(seconds * RATE_HZ)
        self._held: list[tuple[Path, int]] = []
        """The lumps there are and how many samples each has, oldest first."""
        self._number = 0

    def write(self, lump: Lump) -> None:
        """Append a lump, and drop what is older than it has to be; where there is no room, older
        ones make some.

        Raises:
            OSError: it cannot be written all the same.
        """
        self._number += 1
        path = self._folder / f"{self._number:012}.lump"
        content = pack(lump)
        while True:
            try:
                with open(path, "xb", opener=_owners_alone) as file:
                    file.write(content)
                break
            except OSError as error:
                with contextlib.suppress(OSError):
                    path.unlink()
                if error.errno != errno.ENOSPC or not self._held:
                    raise
                self._drop_oldest()
        self._held.append((path, len(lump.raw)))
        while sum(samples for _, samples in self._held[1:]) >= self._wanted:
            self._drop_oldest()

    def _drop_oldest(self) -> None:
        self._held.pop(0)[0].unlink(missing_ok=True)


def read_ring(folder: Path, seconds: float | None = None) -> Recording | None:
    """Return what a folder of lumps holds, or the last seconds of it; None of nothing."""
    names = sorted(path for path in folder.glob("*.lump") if _NAME.fullmatch(path.name))
    lumps = [lump for lump in map(_read, names) if lump is not None]
    recording = joined(lumps)
    return recording if recording is None or seconds is None else recording.last(seconds)


def _read(path: Path) -> Lump | None:
    # It may be dropped while it is looked for.
    with contextlib.suppress(OSError):
        if path.stat().st_size <= LARGEST_LUMP_BYTES:
            return unpack(path.read_bytes())
    return None


def _owners_alone(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)
