"""What rings, and what was missed: one type for timers and alarms (pure)."""

from __future__ import annotations

import datetime
from dataclasses import dataclass

from xtalk_edge.tools.spoken import duration_words, join_words, number_words

LATE_S = 5.0
"""A ring this late was held up, not just delayed by a busy device."""

MISSED_S = 30 * 60.0
"""Later than this a ring is told about, but no longer rung: whoever it should have woken is up,
and nobody wants the chime of yesterday's timer at the first power-up."""

MOST_TITLES = 4
"""Who hears five of them has forgotten the first."""


@dataclass(frozen=True, slots=True)
class Ring:
    """A timer or an alarm whose time has come."""

    kind: str
    """ "timer" or "alarm"."""
    id: int
    title: str
    """ "pasta timer", for use after "your" or "the"."""
    late_s: float = 0.0
    day: datetime.date | None = None
    """The local day of an alarm's ring; None of what counted down: timers, and snoozed alarms."""
    cut_off: bool = False
    """Whether it began to ring before the device was restarted; it does not ring again."""

    @property
    def missed(self) -> bool:
        """Tell whether it is only to be told, not rung."""
        return self.cut_off or self.late_s > MISSED_S

    @property
    def occurrence(self) -> str:
        """Return what no other ring has in common with it, over restarts too."""
        return f"alarm {self.id} {self.day}" if self.day else f"timer {self.id}"

    def sentence(self) -> str:
        """Return what the device says about it."""
        if self.cut_off:
            return f"Your {self.title} rang while I was restarting."
        if self.late_s < LATE_S:
            is_timer = self.kind == "timer"
            return f"Your {self.title} is done." if is_timer else f"This is your {self.title}."
        ago = duration_words(_rounded(self.late_s))
        if self.kind == "timer":
            return f"Your {self.title} ended {ago} ago."
        if self.missed:
            return f"I missed your {self.title} {ago} ago."
        return f"This is your {self.title}, {ago} late."


@dataclass(frozen=True, slots=True)
class MissedRings:
    """What is told in one sentence instead of being rung."""

    rings: tuple[Ring, ...]
    kind: str = "missed"
    missed: bool = True

    def sentence(self) -> str:
        """Return what the device says about them."""
        if len(self.rings) == 1:
            return self.rings[0].sentence()
        titles = [f"your {ring.title}" for ring in self.rings]
        if len(titles) > MOST_TITLES:
            others = len(titles) - MOST_TITLES + 1
            titles = [*titles[: MOST_TITLES - 1], f"{number_words(others)} others"]
        return f"While I was away, you missed {join_words(titles)}."


def _rounded(late_s: float) -> float:
    """Return a time as somebody would tell it: in days, hours, minutes or seconds alone."""
    for unit_s in (3600, 60):
        if late_s >= unit_s:
            return unit_s * (late_s // unit_s)
    return late_s
