"""Settings for what a device gives up when its machine is under strain."""

from __future__ import annotations

from dataclasses import dataclass

from xtalk_edge.config.fields import number


@dataclass(frozen=True, slots=True)
class GovernorConfig:
    """From where on the machine is under strain, and what may be given up then."""

    on: bool = True
    """Whether anything is given up at all."""
    hot_c: float = number(80.0, 40.0, 120.0)
    """Temperature of the processor; a Raspberry Pi slows itself down from here."""
    memory_mb: float = number(60.0, 0.0, 100_000.0)
    """Free memory, from below; the kernel ends a program when there is none."""
    stalled_percent: float = number(10.0, 0.1, 100.0)
    """Share of the last minute in which something waited for memory."""
    answer_ms: float = number(1_500.0, 100.0, 60_000.0)
    """From the end of a turn until its answer is heard, as the median of the last turns."""
    voice: str = ""
    """Which of `[alternatives.tts]` is lighter than the usual voice; "" is none."""
