"""When a server that failed is left alone, and when it is tried again. Pure.

Health comes from real turns alone: a server that answers pings and no questions is not well.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from enum import Enum
from statistics import median
from typing import Literal

from xtalk_edge.net.backoff import Backoff

State = Literal["closed", "open", "half-open"]
"""Asked like any other; not asked; asked once to see how it is."""

KEPT_TIMES = 9
"""Of first clauses: enough for a middle that one slow answer does not move."""

PAUSES = Backoff(first_s=15.0, longest_s=600.0)
"""A server process that crashed is up again after the first. Each trial is a turn that may be slow:
one in ten minutes is bearable for ever."""


class Failure(Enum):
    """How a server let a turn down."""

    REFUSED = "refused"
    """It said no."""
    LOST = "lost"
    """The connection ended."""
    SLOW = "slow"
    """It had nothing speakable in time."""
    STALLED = "stalled"
    """It began, and fell silent."""
    EMPTY = "empty"
    """It ended without a word."""


@dataclass(frozen=True, slots=True)
class BreakerPolicy:
    """When to open, and for how long."""

    opens_after: int = 2
    """Turns let down in a row. One may be chance; each costs the owner the deadline."""
    backoff: Backoff = PAUSES


class Breaker:
    """Counts what came of real turns.

    Of every turn that `admit` let through, exactly one of `succeeded`, `failed` and `abandoned` is
    to follow.
    """

    def __init__(self, policy: BreakerPolicy) -> None:
        self._policy = policy
        self._in_a_row = 0
        self._openings = 0
        self._retry_at_s: float | None = None
        """None while closed."""
        self._trial = False
        """Whether a turn is under way that shows how the server is."""
        self._times_s: deque[float] = deque(maxlen=KEPT_TIMES)

    def state(self, at_s: float) -> State:
        """Return whether the server is asked."""
        if self._retry_at_s is None:
            return "closed"
        return "half-open" if self._trial or at_s >= self._retry_at_s else "open"

    @property
    def usual_s(self) -> float | None:
        """How long the server usually takes until a first speakable clause; None while unknown."""
        return median(self._times_s) if self._times_s else None

    def admit(self, at_s: float) -> bool:
        """Tell whether to ask the server now; in `half-open`, one turn at a time."""
        if self._retry_at_s is None:
            return True
        if self._trial or at_s < self._retry_at_s:
            return False
        self._trial = True
        return True

    def succeeded(self, first_clause_s: float) -> None:
        """Take it that the server answered a turn to its end."""
        self._times_s.append(first_clause_s)
        self._in_a_row = self._openings = 0
        self._retry_at_s, self._trial = None, False

    def abandoned(self) -> None:
        """Take it that the turn tells nothing: somebody interrupted, or the device was first."""
        self._trial = False

    def failed(self, failure: Failure, at_s: float, chance: float) -> None:
        """Take it that the server let a turn down.

        Args:
            failure: how. Who says no once says no again: that alone opens.
            at_s: now.
            chance: 0.0 to 1.0, by which a thousand devices do not come back at the same moment.
        """
        self._in_a_row += 1
        again = self._trial or self._retry_at_s is not None
        self._trial = False
        enough = 1 if failure is Failure.REFUSED else self._policy.opens_after
        if again or self._in_a_row >= enough:
            self._openings += 1
            self._retry_at_s = at_s + self._policy.backoff.pause_s(self._openings, chance)
