"""What this process and its children cost, as the kernel counts it (Linux)."""

from __future__ import annotations

import contextlib
import os
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

PROC = Path("/proc")
TICKS_A_SECOND = os.sysconf("SC_CLK_TCK")

PARENT, USER_TICKS, SYSTEM_TICKS = 1, 11, 12
"""Places in /proc/PID/stat behind the command's closing bracket (man 5 proc)."""


@dataclass(frozen=True, slots=True)
class Cost:
    """Of a process and all below it."""

    cpu_s: float
    """Processor seconds since each of them began."""
    memory_mb: float
    """What they keep in memory; a page that several share counts once in all."""
    processes: int
    resident_mb: float = 0.0
    """What they keep in memory, shared pages counted in each: unlike `memory_mb` it does not move
    when other programs with the same libraries come and go."""


def cost(root: int | None = None) -> Cost:
    """Return what the process `root` (this one if None) and its descendants have cost so far."""
    found = processes(root)
    known = dict(_stats(found))
    memory_kb = [_memory_kb(PROC / str(pid)) for pid in found]
    return Cost(
        cpu_s=_seconds(known.values()),
        memory_mb=round(sum(each.get("Pss", 0) for each in memory_kb) / 1024, 1),
        processes=len(known),
        resident_mb=round(sum(each.get("Rss", 0) for each in memory_kb) / 1024, 1),
    )


def processes(root: int | None = None) -> list[int]:
    """Return the numbers of the process `root` (this one if None) and its descendants."""
    everybody = (int(folder.name) for folder in PROC.iterdir() if folder.name.isdecimal())
    below: dict[int, list[int]] = defaultdict(list)
    for pid, fields in _stats(everybody):
        below[int(fields[PARENT])].append(pid)
    wanted, found = [os.getpid() if root is None else root], []
    while wanted:
        pid = wanted.pop()
        found.append(pid)
        wanted += below[pid]
    return found


def cpu_s(of: Iterable[int]) -> float:
    """Return the processor seconds of some processes; looking at them costs next to nothing."""
    return _seconds(fields for _, fields in _stats(of))


def _seconds(stats: Iterable[list[str]]) -> float:
    ticks = sum(int(fields[USER_TICKS]) + int(fields[SYSTEM_TICKS]) for fields in stats)
    return ticks / TICKS_A_SECOND


def _stats(of: Iterable[int]) -> Iterator[tuple[int, list[str]]]:
    for pid in of:
        # One that ends while it is looked at costs nothing any more.
        with contextlib.suppress(OSError):
            text = (PROC / str(pid) / "stat").read_text()
            yield pid, text.rpartition(")")[2].split()


def _memory_kb(folder: Path) -> dict[str, int]:
    with contextlib.suppress(OSError):
        lines = (folder / "smaps_rollup").read_text().splitlines()[1:]
        return {name: int(rest.split()[0]) for name, _, rest in (x.partition(":") for x in lines)}
    return {}
