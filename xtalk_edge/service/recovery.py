"""What the device does about an illness, in which order, and how often. Pure.

The gentlest step comes first. Each one is given longer to show its effect than the one before, and
what was well for a moment only goes on where it was: a card that dies every few seconds is not
opened every few seconds. The last step, to end the program and be started afresh, needs an illness
that no step has interrupted.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from enum import StrEnum

from xtalk_edge.net.backoff import Backoff
from xtalk_edge.service.vital_signs import Check, Ill

WAIT_S = 3.0
"""A card that was opened anew gives sound within a second, or not at all."""

MOST_WAIT_S = 60.0

_PAUSES = Backoff(WAIT_S, MOST_WAIT_S)

STEADY_S = 10.0
"""Well for so long, an illness that comes again is another one."""

LAST_RESORT_S = 20.0
"""Ill for so long without a break, whatever was done: only a fresh start is left. Shorter than any
watchdog that is worth having: to end in good order is better than to be killed."""


class Step(StrEnum):
    """What the device can do for itself."""

    REOPEN = "reopen"
    REENUMERATE = "re-enumerate"
    RESTART_ENGINE = "restart engine"
    EXIT = "exit"


CURES: Mapping[Ill, tuple[Check, tuple[Step, ...]]] = {
    Ill.DEAF: (Check.CAPTURE, (Step.REOPEN, Step.REOPEN, Step.REENUMERATE, Step.EXIT)),
    Ill.STUCK: (Check.PLAYBACK, (Step.REOPEN, Step.REOPEN, Step.REENUMERATE, Step.EXIT)),
    Ill.HANGING: (Check.ENGINES, (Step.RESTART_ENGINE, Step.EXIT)),
    # One that cannot be started again is missed; the rest of the device need not end for it.
    Ill.GONE: (Check.ENGINES, (Step.RESTART_ENGINE,)),
}
"""What is done about each illness; the last step but an exit is taken again and again."""


@dataclass(frozen=True, slots=True)
class Taken:
    """A step that is to be taken now."""

    step: Step
    ill: Ill
    count: int
    """How often this step has been taken since the start, whatever for."""

    @property
    def check(self) -> Check:
        """What is wrong."""
        return CURES[self.ill][0]


@dataclass(slots=True)
class _Course:
    """How an illness has gone so far."""

    ill_since_s: float | None = None
    well_since_s: float = -math.inf
    steps: int = 0
    """Taken since it was last well for long."""
    next_s: float = -math.inf
    """No step before that."""


class Recovery:
    """Walks down the ladder of each illness while it lasts."""

    def __init__(self) -> None:
        self._courses = {ill: _Course() for ill in Ill}
        self._exiting = False
        self.counts: Counter[Step] = Counter()
        """How often each step was taken."""

    def look(self, ills: Collection[Ill], now_s: float) -> list[Taken]:
        """Take what is wrong now; return what is to be done about it, at most a step each."""
        taken = []
        for ill in Ill:
            if ill not in ills:
                self._rest(ill, now_s)
            elif (step := self._treat(ill, now_s)) is not None:
                taken.append(step)
        return taken

    def _rest(self, ill: Ill, now_s: float) -> None:
        course = self._courses[ill]
        if course.ill_since_s is not None:
            course.ill_since_s, course.well_since_s = None, now_s
        if now_s - course.well_since_s >= STEADY_S:
            course.steps, course.next_s = 0, -math.inf

    def _treat(self, ill: Ill, now_s: float) -> Taken | None:
        course = self._courses[ill]
        if course.ill_since_s is None:
            course.ill_since_s = now_s
            if now_s - course.well_since_s >= STEADY_S:
                course.steps, course.next_s = 0, -math.inf
        if self._exiting or now_s < course.next_s:
            return None
        step = self._step(ill, course.steps, now_s - course.ill_since_s)
        course.steps += 1
        # No chance in it: nobody else waits for the same card.
        course.next_s = now_s + _PAUSES.pause_s(course.steps, chance=1.0)
        self.counts[step] += 1
        self._exiting = step is Step.EXIT
        return Taken(step, ill, self.counts[step])

    def _step(self, ill: Ill, number: int, ill_s: float) -> Step:
        _, ladder = CURES[ill]
        step = ladder[min(number, len(ladder) - 1)]
        if step is Step.EXIT and ill_s < LAST_RESORT_S:
            return ladder[-2]
        return step
