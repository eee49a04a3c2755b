"""What a process holds: tasks, open files, threads and memory. A device must not come to hold more
and more.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

PAGE_MB = os.sysconf("SC_PAGESIZE") / 2**20

GROWTH = 1.05
"""What memory may become, of what it was once caches were full and the allocator knew what is asked
of it."""


@dataclass(frozen=True, slots=True)
class Kept:
    """What is held at one moment, or the most at several."""

    tasks: int
    files: int
    """Open ones, of which connections are some."""
    threads: int
    memory_mb: float
    """Resident, shared pages included."""


def kept_now(processes: Iterable[int] | None = None) -> Kept:
    """Return what is held now; call it on the loop.

    Args:
        processes: whose memory counts; None is this one's.
    """
    pids = [os.getpid()] if processes is None else processes
    return Kept(
        tasks=len(asyncio.all_tasks()),
        files=_entries("/proc/self/fd"),
        threads=_entries("/proc/self/task"),
        memory_mb=round(sum(_resident_mb(pid) for pid in pids), 1),
    )


def most(looks: Sequence[Kept]) -> Kept:
    """Return the most of each at any of the looks, nothing where there were none."""
    return Kept(
        tasks=max((look.tasks for look in looks), default=0),
        files=max((look.files for look in looks), default=0),
        threads=max((look.threads for look in looks), default=0),
        memory_mb=max((look.memory_mb for look in looks), default=0.0),
    )


def middle_mb(looks: Sequence[Kept]) -> float:
    """Return the median of their memory; 0.0 where there were none."""
    return round(float(np.median([look.memory_mb for look in looks])), 1) if looks else 0.0


def second_and_last(looks: Sequence[Kept]) -> tuple[Sequence[Kept], Sequence[Kept]]:
    """Return the second tenth of the looks and the last one; in the first one caches fill."""
    tenth = max(1, len(looks) // 10)
    return looks[tenth : 2 * tenth], looks[-tenth:]


def slope_mb(at: Sequence[float], looks: Sequence[Kept]) -> float:
    """Return by how much memory grew with each unit of `at`: the least squares' line."""
    if len(set(at)) < 2:
        return 0.0
    return round(float(np.polyfit(at, [look.memory_mb for look in looks], 1)[0]), 3)


def _entries(folder: str) -> int:
    return len(os.listdir(folder))  # noqa: PTH208 - a path for each of hundreds is slower


def _resident_mb(pid: int) -> float:
    try:
        return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * PAGE_MB
    except OSError:
        return 0.0  # It ended while it was looked at.
