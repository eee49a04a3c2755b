"""What a process holds: tasks, open files, threads and memory. A device must not come to hold more
and more.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterable, Iterator, Sequence
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


def slope_mb(at: Sequence[float], looks: Sequence[Kept]) -> float:
    """Return by how much memory grew with each unit of `at`: the least squares' line."""
    if len(set(at)) < 2:
        return 0.0
    return round(float(np.polyfit(at, [look.memory_mb for look in looks], 1)[0]), 3)


@dataclass(frozen=True, slots=True)
class Course:
    """How what is held has changed over a long time."""

    first: Kept
    """The most there was in the first tenth of the looks."""
    settled: Kept
    """In the second tenth: by then caches have filled."""
    last: Kept
    """In the last tenth."""
    settled_mb: float
    last_mb: float
    """Medians of the same tenths."""
    slope_mb: float
    """From the second tenth on, with each unit of time. A recogniser keeps the room of its longest
    utterance, so in twenty minutes this is mostly when the longest ones came."""

    @property
    def steady(self) -> bool:
        """Tell whether it may go on like this."""
        return (
            self.last.tasks <= self.settled.tasks
            and self.last.files <= self.settled.files
            and self.last.threads <= self.settled.threads
            and self.last_mb <= GROWTH * self.settled_mb
        )

    def table(self, unit: str) -> Iterator[str]:
        """Yield lines for people; `unit` is the slope's, such as "a day"."""
        yield "tenth of the questions    first   second     last"
        for name in ("tasks", "files", "threads", "memory_mb"):
            first, settled, last = (
                getattr(each, name) for each in (self.first, self.settled, self.last)
            )
            yield f"most {name:19} {first:7} {settled:8} {last:8}"
        yield (
            f"memory, median: {self.settled_mb} MB -> {self.last_mb} MB, "
            f"{self.slope_mb:+.3f} MB {unit}"
        )


def course(at: Sequence[float], looks: Sequence[Kept]) -> Course:
    """Return how what is held has changed; `at` is when each look was."""
    tenth = max(1, len(looks) // 10)
    second, last = looks[tenth : 2 * tenth], looks[-tenth:]
    return Course(
        first=most(looks[:tenth]),
        settled=most(second),
        last=most(last),
        settled_mb=middle_mb(second),
        last_mb=middle_mb(last),
        slope_mb=slope_mb(at[tenth:], looks[tenth:]),
    )


def _entries(folder: str) -> int:
    return len(os.listdir(folder))  # noqa: PTH208 - a path for each of hundreds is slower


def _resident_mb(pid: int) -> float:
    try:
        return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * PAGE_MB
    except OSError:
        return 0.0  # It ended while it was looked at.
