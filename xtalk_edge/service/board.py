"""What the machine is and how it feels, as Linux tells it."""

from __future__ import annotations

import os
import platform
import re
import shutil
from dataclasses import dataclass
from pathlib import Path

HOT_C = 80.0
"""A Raspberry Pi slows itself down from here."""

_THROTTLED = "sys/devices/platform/soc/soc:firmware/get_throttled"
_NOW = 0b1111
"""Bits of the firmware's answer that are of now: voltage, frequency, throttling, temperature; the
higher ones remember."""


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
    memory = _memory(root / "proc/meminfo")
    return Board(
        model=_model(root),
        architecture=platform.machine(),
        cores=len(os.sched_getaffinity(0)),
        memory_mb=memory.get("MemTotal", 0) // 1024,
        memory_free_mb=memory.get("MemAvailable", 0) // 1024,
        load=round(float((_text(root / "proc/loadavg").split() or ["0"])[0]), 2),
        temperature_c=_temperature_c(root),
        throttled=_throttled(root),
        disk_free_mb=shutil.disk_usage(_existing(folder)).free // 1_000_000,
        has_cuda=(root / "dev/nvidia0").exists() or (root / "dev/nvhost-gpu").exists(),
    )


def _model(root: Path) -> str:
    told = _text(root / "proc/device-tree/model").strip("\0\n ")
    if told:
        return told
    found = re.search(r"^model name\s*:\s*(.+)$", _text(root / "proc/cpuinfo"), re.MULTILINE)
    return found[1].strip() if found else "unknown"


def _memory(path: Path) -> dict[str, int]:
    """Return the figures in kB."""
    found = re.findall(r"^(\w+):\s+(\d+) kB$", _text(path), re.MULTILINE)
    return {name: int(kilobytes) for name, kilobytes in found}


def _temperature_c(root: Path) -> float | None:
    told = [_text(path) for path in root.glob("sys/class/thermal/thermal_zone*/temp")]
    degrees = [int(text) / 1000 for text in told if re.fullmatch(r"-?\d+\s*", text)]
    return round(max(degrees), 1) if degrees else None


def _throttled(root: Path) -> bool | None:
    told = _text(root / _THROTTLED).strip()
    return bool(int(told, 16) & _NOW) if re.fullmatch(r"[0-9a-fA-F]+", told) else None


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""


def _existing(folder: Path) -> Path:
    return next(path for path in (folder, *folder.absolute().parents) if path.exists())
