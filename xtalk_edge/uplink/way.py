"""One thing a server may do in the device's stead: whether it is asked, and how that went."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass

from xtalk_edge.clock import now_s
from xtalk_edge.net.border import BORDER
from xtalk_edge.tasks import TaskOwner
from xtalk_edge.uplink.breaker import Breaker, BreakerPolicy, Failure
from xtalk_edge.uplink.choice import Judge, Side, Why
from xtalk_edge.uplink.cloud import Ability, Cloud
from xtalk_edge.uplink.policy import HedgePolicy


@dataclass(frozen=True, slots=True)
class Chosen:
    """Who answered a turn, or spoke a clause."""

    ability: Ability
    side: Side
    why: Why
    usual_s: float | None = None
    """What the server usually takes until there is something to say; None while unknown."""


class Way:
    """The way to one ability of a server.

    Args:
        ability: which.
        cloud: the server.
        policy: how to choose between it and the device.
        breaker: when to leave it alone.
        chance: gives 0.0 to 1.0.
    """

    def __init__(
        self,
        ability: Ability,
        cloud: Cloud,
        policy: HedgePolicy,
        breaker: BreakerPolicy,
        *,
        chance: Callable[[], float] = random.random,
    ) -> None:
        self.ability = ability
        self.cloud = cloud
        self.policy = policy
        self.breaker = Breaker(breaker)
        self.tasks = TaskOwner()
        """Own what is said to the server; to be closed before it."""
        self.on_chosen: Callable[[Chosen], None] = lambda _chosen: None
        """Called whenever it was settled who answers."""
        self._chance = chance

    def barred(self) -> Why | None:
        """Return why the server is not to be asked now.

        After None, `judge` is to be called once with what came of the turn.
        """
        unfit = self._unfit()
        if unfit is not None:
            return unfit
        return None if self.breaker.admit(now_s()) else Why.RESTING

    def _unfit(self) -> Why | None:
        if not BORDER.is_open("audio" if self.ability == "full" else "text"):
            return Why.PRIVATE
        return None if self.ability in self.cloud.abilities else Why.ABSENT

    def judge(self, verdict: Judge) -> None:
        """Take what came of asking the server."""
        if verdict.failure is not None:
            self.breaker.failed(verdict.failure, now_s(), self._chance())
        elif verdict.first_clause_s is not None:
            self.breaker.succeeded(verdict.first_clause_s)
        else:
            self.breaker.abandoned()

    def failure(self, *, begun: bool) -> Failure:
        """Return what it means that the server raised an error, its answer begun or not."""
        if self.ability not in self.cloud.abilities:
            return Failure.LOST
        return Failure.STALLED if begun else Failure.REFUSED

    def chose(self, side: Side, why: Why) -> None:
        """Tell who answers."""
        self.on_chosen(Chosen(self.ability, side, why, self.breaker.usual_s))
