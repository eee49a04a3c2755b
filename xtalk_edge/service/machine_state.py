"""How the machine feels, as Linux tells it: heat, slowness, memory.

Each look reads a handful of small files, which takes some 0.3 ms. Files that are missing
or say nonsense leave a figure unknown.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

ROOT = Path("/")

HOT_C = 80.0
"""A Raspberry Pi slows itself down from here."""

PLAUSIBLE_C = (-40.0, 125.0)
"""What silicon works at; sensors that are switched off report values far outside."""

PROCESSOR = re.compile(r"cpu|soc|x86_pkg", re.IGNORECASE)
"""Names of the zones that tell how hot the processor is."""

DUMMY = re.compile(r"pmic", re.IGNORECASE)
"""Jetson's PMIC zone always shows 100 degrees."""

_THROTTLED = "devices/platform/soc*/*firmware/get_throttled"
_NOW = 0b1111
"""Bits of the firmware's answer that are of now: voltage, frequency, throttling, temperature; the
higher ones remember."""

_SLOWS = re.compile(r"cpufreq|processor", re.IGNORECASE)
"""What cools by slowing the processor down; fans are such devices too."""

KIB = 1024


@dataclass(frozen=True, slots=True)
class MachineState:
    """One look; None is what nothing tells."""

    temperature_c: float | None = None
    """Of the processor, or of the hottest part that tells."""
    throttled: bool | None = None
    """Whether it has slowed itself down, for heat or lack of voltage."""
    memory_mb: int | None = None
    memory_free_mb: int | None = None
    """What could be had without swapping."""
    memory_stalled_percent: float | None = None
    """Of the last minute, the share in which something waited for memory."""


def look_at_machine(root: Path = ROOT) -> MachineState:
    """Return how the machine is now; `root` holds its `proc` and `sys`."""
    memory = memory_kib(root)
    total_kib, free_kib = memory.get("MemTotal"), memory.get("MemAvailable")
    return MachineState(
        temperature_c=temperature_c(root),
        throttled=throttled(root),
        memory_mb=None if total_kib is None else total_kib // KIB,
        memory_free_mb=None if free_kib is None else free_kib // KIB,
        memory_stalled_percent=memory_stalled_percent(root),
    )


def temperature_c(root: Path = ROOT) -> float | None:
    """Return the hottest the processor is, else anything on the board; None if unknown."""
    zones: dict[bool, list[float]] = {True: [], False: []}
    for zone in (root / "sys/class/thermal").glob("thermal_zone*"):
        kind, told = text_of(zone / "type"), text_of(zone / "temp")
        if re.fullmatch(r"-?\d+\s*", told) and not DUMMY.search(kind):
            value_c = int(told) / 1000
            if PLAUSIBLE_C[0] <= value_c <= PLAUSIBLE_C[1]:
                zones[bool(PROCESSOR.search(kind))].append(value_c)
    hottest_c = max(zones[True] or zones[False], default=None)
    return None if hottest_c is None else round(hottest_c, 1)


def throttled(root: Path = ROOT) -> bool | None:
    """Return whether the processor has slowed itself down; None where nothing tells."""
    told = [text_of(path).strip() for path in (root / "sys").glob(_THROTTLED)]
    firmware = [int(text, 16) for text in told if re.fullmatch(r"[0-9a-fA-F]+", text)]
    if firmware:
        return any(bits & _NOW for bits in firmware)
    cooling = [
        text_of(device / "cur_state").strip()
        for device in (root / "sys/class/thermal").glob("cooling_device*")
        if _SLOWS.search(text_of(device / "type"))
    ]
    steps = [int(text) for text in cooling if text.isdecimal()]
    return any(steps) if steps else None


def memory_kib(root: Path = ROOT) -> dict[str, int]:
    """Return the kernel's figures of the machine's memory by their names; some may be missing."""
    found = re.findall(r"^(\w+):\s+(\d+) kB$", text_of(root / "proc/meminfo"), re.MULTILINE)
    return {name: int(kib) for name, kib in found}


def memory_stalled_percent(root: Path = ROOT) -> float | None:
    """Return in which share of the last minute something waited for memory; None if unknown."""
    told = text_of(root / "proc/pressure/memory")
    found = re.search(r"^some .*\bavg60=(\d+(?:\.\d+)?)\b", told, re.MULTILINE)
    return float(found[1]) if found else None


def text_of(path: Path) -> str:
    """Return what a small file says; "" where it cannot be read."""
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
