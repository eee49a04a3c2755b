"""How the device itself is doing, from the kernel's files.

Every method may block, `disk` even for ever when the disk is a dead network folder: call them
through `OffLoop`.
"""

from __future__ import annotations

import os
import re
import shutil
from dataclasses import dataclass
from pathlib import Path

from xtalk_edge.service.machine_state import KIB, ROOT, memory_kib, text_of
from xtalk_edge.tools.device import network_facts


@dataclass(frozen=True, slots=True)
class DeviceFacts:
    """Reads what the owner may ask about the device."""

    state_dir: Path = Path()
    root: Path = ROOT

    @property
    def proc(self) -> Path:
        """What the kernel tells of processes and memory."""
        return self.root / "proc"

    @property
    def sys(self) -> Path:
        """What the kernel tells of devices."""
        return self.root / "sys"

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
            ValueError: this machine does not tell.
        """
        machine = memory_kib(self.root)
        own = re.search(r"^VmRSS:\s+(\d+) kB$", text_of(self.proc / "self/status"), re.MULTILINE)
        if own is None or not {"MemAvailable", "MemTotal"} <= machine.keys():
            raise ValueError("a figure is missing")
        return machine["MemAvailable"] * KIB, machine["MemTotal"] * KIB, int(own[1]) * KIB

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
