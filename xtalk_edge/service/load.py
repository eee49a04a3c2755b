"""What each part of this program costs, as the kernel counts it (Linux)."""

from __future__ import annotations

import contextlib
import os
import re
import threading
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

TICKS_A_SECOND = os.sysconf("SC_CLK_TCK")

USER_TICKS = 11
"""Place in /proc/PID/stat behind the command's closing bracket; the kernel's own follow it
(man 5 proc)."""

LOOP = "loop"
"""The event loop, on the program's first thread."""

OTHERS = "others"
"""Threads of libraries, which have no names."""

_OF_A_POOL = re.compile(r"_\d+$")
"""Executors number their threads."""


@dataclass(frozen=True, slots=True)
class Load:
    """Since the look before."""

    percent: Mapping[str, float]
    """Of one core, by the name of thread or child process; `LOOP`, `OTHERS` and engines among
    them."""
    memory_mb: float
    """What the program keeps in memory, without its children."""


class LoadMeter:
    """Compares one look with the next; any thread may look, one at a time."""

    def __init__(self, proc: Path = Path("/proc")) -> None:
        self._proc = proc
        self._before: Counter[str] = Counter()
        self._before_s: float | None = None

    def look(self, now_s: float, children: Mapping[int, str]) -> Load | None:
        """Return what it cost since the last look; None at the first.

        Args:
            now_s: monotonic.
            children: the names of child processes, by their numbers.
        """
        ticks = self._of_threads()
        for pid, name in children.items():
            ticks[name] += self._ticks(self._proc / str(pid) / "stat")
        before, before_s = self._before, self._before_s
        self._before, self._before_s = ticks, now_s
        if before_s is None or now_s <= before_s:
            return None
        whole = TICKS_A_SECOND * (now_s - before_s)
        # A part that ended and began anew starts from nothing.
        spent = {name: max(0, count - before[name]) for name, count in ticks.items()}
        percent = {name: round(100 * count / whole, 1) for name, count in spent.items()}
        return Load(percent, self._memory_mb())

    def _of_threads(self) -> Counter[str]:
        names = {
            thread.native_id: _OF_A_POOL.sub("", thread.name) for thread in threading.enumerate()
        }
        names[os.getpid()] = LOOP
        ticks: Counter[str] = Counter()
        for task in self._proc.glob("self/task/[0-9]*"):
            ticks[names.get(int(task.name), OTHERS)] += self._ticks(task / "stat")
        return ticks

    def _ticks(self, stat: Path) -> int:
        # One that ends while it is looked at costs nothing any more.
        with contextlib.suppress(OSError, ValueError, IndexError):
            fields = stat.read_text("utf-8", "replace").rpartition(")")[2].split()
            return int(fields[USER_TICKS]) + int(fields[USER_TICKS + 1])
        return 0

    def _memory_mb(self) -> float:
        with contextlib.suppress(OSError):
            found = re.search(
                r"^VmRSS:\s+(\d+) kB$", (self._proc / "self/status").read_text(), re.MULTILINE
            )
            return round(int(found[1]) / 1024, 1) if found else 0.0
        return 0.0
