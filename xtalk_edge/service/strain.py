"""What a machine suffers from, judged with two limits each so that nothing flutters (pure)."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, StrEnum, auto

from xtalk_edge.service.machine_state import MachineState
from xtalk_edge.service.turn_budget import LEAST_TURNS, TurnBudget

COOLER_C = 8.0
"""So far below its limit a processor must be to count as cool: what was given up to cool it warms
it again by less."""

ROOMIER = 1.5
"""So many times its limit memory must be free to count as enough."""

UNSTALLED = 0.3
"""So small a part of its limit waiting for memory must be."""

QUICKER = 0.6
"""So small a part of its limit an answer must take: what was given up saves less."""


class Strain(StrEnum):
    """What a device may suffer from."""

    HEAT = "heat"
    MEMORY = "memory"
    RECOGNISER = "recogniser"
    """Answers come too late, and it is the recogniser that takes longest; so with the others."""
    AGENT = "agent"
    VOICE = "voice"


class Level(Enum):
    """How bad it is."""

    CALM = auto()
    BETWEEN = auto()
    """Neither: whatever is given up stays so, and nothing more is."""
    PRESSED = auto()


@dataclass(frozen=True, slots=True)
class Reading:
    """One strain at one moment."""

    level: Level
    words: str
    """What was seen, for the owner."""


@dataclass(frozen=True, slots=True)
class Limits:
    """From where on a device is under strain."""

    hot_c: float
    memory_mb: float
    """Free memory, from below."""
    stalled_percent: float
    answer_ms: float
    """Median of the time from the end of a turn until its answer is heard."""


Readings = dict[Strain, Reading]


def readings(machine: MachineState, budget: TurnBudget, limits: Limits, at_s: float) -> Readings:
    """Return every strain as it is now."""
    return {
        Strain.HEAT: _heat(machine, limits),
        Strain.MEMORY: _memory(machine, limits),
        **_slowness(budget, limits, at_s),
    }


def _heat(machine: MachineState, limits: Limits) -> Reading:
    heat_c = machine.temperature_c
    words = (
        "nothing tells how hot it is" if heat_c is None else f"the processor has {heat_c:.0f} °C"
    )
    if machine.throttled:
        return Reading(Level.PRESSED, f"the processor has slowed itself down; {words}")
    if heat_c is None:
        return Reading(Level.CALM, words)
    return Reading(_level(heat_c, limits.hot_c, limits.hot_c - COOLER_C), words)


def _memory(machine: MachineState, limits: Limits) -> Reading:
    free_mb, stalled = machine.memory_free_mb, machine.memory_stalled_percent
    told = [] if free_mb is None else [f"{free_mb} MB of memory are free"]
    told += [] if stalled is None else [f"{stalled:.0f} % of the time is spent waiting for it"]
    # Little is bad here, so that both sides change their signs.
    scarce = -float("inf") if free_mb is None else -float(free_mb)
    levels = (
        _level(scarce, -limits.memory_mb, -limits.memory_mb * ROOMIER),
        _level(stalled or 0.0, limits.stalled_percent, limits.stalled_percent * UNSTALLED),
    )
    words = " and ".join(told) or "nothing tells how much memory is free"
    return Reading(max(levels, key=lambda level: level.value), words)


def _slowness(budget: TurnBudget, limits: Limits, at_s: float) -> Readings:
    work = budget.work(at_s)
    if work is None or work.count < LEAST_TURNS:
        calm = Reading(Level.CALM, "nobody has talked to the device for a while")
        return dict.fromkeys((Strain.RECOGNISER, Strain.AGENT, Strain.VOICE), calm)
    level = _level(work.p50, limits.answer_ms, limits.answer_ms * QUICKER)
    slowest, part_ms = budget.slowest(at_s)
    words = f"answers take {work.p50 / 1000:.1f} s, of which the {slowest} {part_ms / 1000:.1f} s"
    return {
        # Who is not to blame is no reason to give up anything, nor to take anything back.
        part: Reading(level if part == slowest else _blameless(level), words)
        for part in (Strain.RECOGNISER, Strain.AGENT, Strain.VOICE)
    }


def _blameless(level: Level) -> Level:
    """Return a level that asks for nothing where `level` does."""
    return Level.BETWEEN if level is Level.PRESSED else level


def _level(value: float, pressed_from: float, calm_to: float) -> Level:
    if value >= pressed_from:
        return Level.PRESSED
    return Level.CALM if value <= calm_to else Level.BETWEEN
