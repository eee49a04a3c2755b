"""How the disk, what is kept on it, and the heat of the machine are; blocks while the disk does."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from xtalk_edge.service import board
from xtalk_edge.store.database import FILE_NAME
from xtalk_edge.store.probe import trouble_of


@dataclass(frozen=True, slots=True)
class Surroundings:
    """One look."""

    disk: str = ""
    """What is wrong with the disk of the state folder; "" for nothing."""
    disk_free_mb: int | None = None
    store: str = ""
    """What is wrong with what the device keeps; "" for nothing."""
    temperature_c: float | None = None


def look(folder: Path, *, write: bool) -> Surroundings:
    """Return how things are; from any thread.

    Args:
        folder: where the device keeps what it must not lose.
        write: whether to find out by writing; looking alone wears out nothing.
    """
    try:
        disk = os.statvfs(folder)
    except OSError as error:
        return Surroundings(disk=f"the folder {folder} cannot be reached: {error.strerror}")
    machine = board.look(folder)
    # A card that has had an error is made read-only by the kernel.
    locked = "the disk has become read-only; it may be worn out" if _is_locked(disk) else ""
    return Surroundings(
        disk=locked,
        disk_free_mb=machine.disk_free_mb,
        store=trouble_of(folder / FILE_NAME) if write and not locked else "",
        temperature_c=machine.temperature_c,
    )


def _is_locked(disk: os.statvfs_result) -> bool:
    return bool(disk.f_flag & os.ST_RDONLY)
