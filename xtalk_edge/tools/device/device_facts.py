"""How the device itself is doing, from the kernel's files.

Every method may block, `disk` even for ever when the disk is a dead network folder: call them
through `OffLoop`.
"""

from __future__ import annotations

import contextlib
import os
import re
import shutil
from dataclasses import dataclass
from pathlib import Path

from xtalk_edge.tools.device import network_facts

PLAUSIBLE_C = (-40.0, 125.0)
"""What silicon works at; sensors that are switched off report values far outside."""

PROCESSOR = re.compile(r"cpu|soc|x86_pkg", re.IGNORECASE)
"""Names of the zones that tell how hot the processor is."""

DUMMY = re.compile(r"pmic", re.IGNORECASE)
"""Jetson's PMIC zone always shows 100 degrees."""

KIB = 1024


@dataclass(frozen=True, slots=True)
class DeviceFacts:
    """Reads what the owner may ask about the device."""

    state_dir: Path = Path()
    proc: Path = Path("/proc")
    sys: Path = Path("/sys")

    def temperature_c(self) -> float | None:
        """Return the hottest the processor is, else anything on the board; None if unknown."""
        zones: dict[bool, list[float]] = {True: [], False: []}
        for zone in self.sys.glob("class/thermal/thermal_zone*"):
            with contextlib.suppress(OSError, ValueError):
                kind = (zone / "type").read_text("utf-8", "replace")
                value = int((zone / "temp").read_text("utf-8", "replace")) / 1000
                if PLAUSIBLE_C[0] <= value <= PLAUSIBLE_C[1] and not DUMMY.search(kind):
                    zones[bool(PROCESSOR.search(kind))].append(value)
        return max(zones[True] or zones[False], default=None)

    def disk(self) -> tuple[int, int]:
        """Return free and all bytes of the disk that holds the state folder.

        Raises:
            OSError: the disk cannot be read.
        """
        folder = self.state_dir.absolute()
        while not folder.exists() and folder != folder.parent:
            folder = folder.parent
        usage = shutil.disk_usage(folder)
        return usage.free, usage.total

    def memory(self) -> tuple[int, int, int]:
        """Return the bytes of memory that are free, that there are, and that this program uses.

        Raises:
            OSError, ValueError: this machine does not tell.
        """
        machine = (self.proc / "meminfo").read_text("utf-8")
        own = (self.proc / "self/status").read_text("utf-8", "replace")
        return (
            _kib(machine, "MemAvailable") * KIB,
            _kib(machine, "MemTotal") * KIB,
            _kib(own, "VmRSS") * KIB,
        )

    def uptime_s(self) -> tuple[float, float]:
        """Return for how long this program and the device have been running.

        Raises:
            OSError, ValueError, IndexError: this machine does not tell.
        """
        device_s = float((self.proc / "uptime").read_text("utf-8").split()[0])
        stat = (self.proc / "self/stat").read_text("utf-8", "replace")
        # Field 22 of proc(5); the program's name before it may contain spaces.
        started_ticks = int(stat.rpartition(")")[2].split()[19])
        return device_s - started_ticks / os.sysconf("SC_CLK_TCK"), device_s

    def addresses(self) -> list[str]:
        """Return the addresses others can reach the device at, the most useful first."""
        return network_facts.addresses(self.proc)

    def connection(self) -> network_facts.Connection | None:
        """Return what leads out of the house; None when nothing does."""
        return network_facts.connection(self.proc, self.sys)


def _kib(text: str, name: str) -> int:
    found = re.search(rf"^{name}:\s+(\d+) kB$", text, re.MULTILINE)
    if found is None:
        raise ValueError(f"{name} is missing")
    return int(found[1])
