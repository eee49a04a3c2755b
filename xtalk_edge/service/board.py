"""What the machine is, as Linux tells it; how it feels tells `machine_state.py`."""

from __future__ import annotations

import os
import platform
import re
import shutil
from dataclasses import dataclass
from pathlib import Path

from xtalk_edge.service.machine_state import KIB, memory_kib, temperature_c, text_of, throttled


@dataclass(frozen=True, slots=True)
class Board:
    """One look at the machine."""

    model: str
    architecture: str
    cores: int
    memory_mb: int
    memory_free_mb: int
    """What could be had without swapping."""
    load: float
    """Processes that wanted to run, mean of the last minute."""
    temperature_c: float | None
    """Of its hottest part; None where nothing tells."""
    throttled: bool | None
    """Whether it has slowed itself down, for heat or lack of voltage; None where nothing tells."""
    disk_free_mb: int
    has_cuda: bool

    @property
    def profile(self) -> str:
        """The profile of models that suits it."""
        if self.has_cuda or "Jetson" in self.model:
            return "jetson"
        if "Raspberry Pi 5" in self.model:
            return "pi5"
        small = self.architecture.startswith(("arm", "aarch")) or self.memory_mb < 6_000
        return "pi4" if small or self.cores < 4 else "laptop"


def look(folder: Path, root: Path = Path("/")) -> Board:
    """Return how the machine is now; `folder` lies on the disk that is asked about."""
    memory = memory_kib(root)
    return Board(
        model=_model(root),
        architecture=platform.machine(),
        cores=len(os.sched_getaffinity(0)),
        memory_mb=memory.get("MemTotal", 0) // KIB,
        memory_free_mb=memory.get("MemAvailable", 0) // KIB,
        load=round(float((text_of(root / "proc/loadavg").split() or ["0"])[0]), 2),
        temperature_c=temperature_c(root),
        throttled=throttled(root),
        disk_free_mb=shutil.disk_usage(_existing(folder)).free // 1_000_000,
        has_cuda=(root / "dev/nvidia0").exists() or (root / "dev/nvhost-gpu").exists(),
    )


def _model(root: Path) -> str:
    told = text_of(root / "proc/device-tree/model").strip("\0\n ")
    if told:
        return told
    found = re.search(r"^model name\s*:\s*(.+)$", text_of(root / "proc/cpuinfo"), re.MULTILINE)
    return found[1].strip() if found else "unknown"


def _existing(folder: Path) -> Path:
    return next(path for path in (folder, *folder.absolute().parents) if path.exists())
