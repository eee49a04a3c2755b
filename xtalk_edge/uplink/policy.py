"""Who answers one turn, the server or the device. Pure: (state, fact, time) -> actions.

The same machine decides for an answer and for a spoken clause. What the device does may have
effects only once it was let answer; until then it prepares.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, auto

from xtalk_edge.config.uplink import Policy
from xtalk_edge.uplink.breaker import Failure
from xtalk_edge.uplink.choice import (
    Abandoned,
    Action,
    AskServer,
    DeviceFailed,
    DeviceKnows,
    Drop,
    Fact,
    GiveUp,
    GoOn,
    Judge,
    LetAnswer,
    PrepareDevice,
    ServerEnded,
    ServerFact,
    ServerFailed,
    ServerSent,
    Side,
    Why,
)

LULL_S = 4.0
"""Silence of a server in mid-answer after which it is given up: what it said so far has been spoken
by then, and a look into the web takes it a few seconds."""


@dataclass(frozen=True, slots=True)
class HedgePolicy:
    """How to choose; durations in seconds."""

    mode: Policy
    deadline_s: float
    head_start_s: float = 0.0
    """How long the device may look at a text before the server is asked: a command to its own
    tools leaves no trace elsewhere then."""
    lull_s: float = LULL_S
    device_lead_s: float | None = None
    """With "prefer": how long before the deadline the device begins to prepare; None is at once."""


class Phase(Enum):
    """Where a turn stands."""

    CHOOSING = auto()
    DEVICE = auto()
    SERVER = auto()
    OVER = auto()


class Server(Enum):
    """What is to be expected of the server in this turn."""

    UNASKED = auto()
    AT_WORK = auto()
    COMPLETE = auto()
    OUT = auto()
    """It failed, or was dropped."""


class Hedge:
    """One turn.

    Args:
        policy: how to choose.
        barred: why the server is not to be asked in this turn; None if it may be.
    """

    def __init__(self, policy: HedgePolicy, barred: Why | None) -> None:
        self._policy = policy
        self._barred = Why.OFF if policy.mode == "off" else barred
        self.phase = Phase.CHOOSING
        self._device: DeviceKnows | None = None
        """None while it knows nothing yet."""
        self._device_failed = False
        self._asked_at_s = 0.0
        self._ask_at_s = self._prepare_at_s = self._deadline_s = float("inf")
        self._lull_at_s = float("inf")
        self._first_clause_s: float | None = None
        self._server = Server.UNASKED

    @property
    def wake_at_s(self) -> float:
        """When to call `tick` if nothing happens before."""
        if self.phase is Phase.CHOOSING:
            return min(self._ask_at_s, self._prepare_at_s, self._deadline_s)
        return self._lull_at_s if self.phase is Phase.SERVER else float("inf")

    def begin(
        self, at_s: float, device: DeviceKnows | None = None, device_since_s: float | None = None
    ) -> list[Action]:
        """Begin the turn.

        Args:
            at_s: now.
            device: what the device already knows about its answer.
            device_since_s: since when it has looked at the text; None for only now.
        """
        if self._barred is not None:
            return self._let("device", self._barred)
        self._device = device
        policy = self._policy
        self._prepare_at_s = at_s
        if policy.mode != "fallback":
            since_s = at_s if device_since_s is None else device_since_s
            # Never so long that nothing is left of the time the server has.
            head_start_s = min(policy.head_start_s, policy.deadline_s / 2)
            self._ask_at_s = max(at_s, since_s + head_start_s)
            self._deadline_s = at_s + policy.deadline_s
            if policy.mode == "prefer" and policy.device_lead_s is not None:
                self._prepare_at_s = max(at_s, self._deadline_s - policy.device_lead_s)
        return self.tick(at_s)

    def tick(self, at_s: float) -> list[Action]:
        """Let time pass."""
        if self.phase is Phase.SERVER and at_s >= self._lull_at_s:
            return self._lost(Failure.STALLED)
        if self.phase is not Phase.CHOOSING:
            return []
        return self._choose(at_s)

    def handle(self, fact: Fact, at_s: float) -> list[Action]:
        """Take a fact."""
        match fact:
            case Abandoned():
                return self._end()
            case DeviceKnows():
                self._device = fact
            case DeviceFailed():
                self._device_failed = True
                if self.phase is Phase.DEVICE:
                    return self._without_device(at_s)
            case _ if self._server is Server.AT_WORK:
                return self._of_server(fact, at_s)
        return self.tick(at_s)

    # -- choosing ----------------------------------------------------------------------------

    def _choose(self, at_s: float) -> list[Action]:
        winner = self._winner(at_s)
        if winner is not None:
            return winner
        due: list[Action] = []
        if at_s >= self._prepare_at_s:
            self._prepare_at_s = float("inf")
            due.append(PrepareDevice())
        if at_s >= self._ask_at_s:
            due.append(self._ask(at_s))
        return due

    def _winner(self, at_s: float) -> list[Action] | None:
        """Return what settles the turn; None while it is open."""
        device, late = self._device, at_s >= self._deadline_s
        if device is not None and device.is_command and not self._device_failed:
            return self._let("device", Why.COMMAND)
        if self._policy.mode == "fallback" and self._server is Server.UNASKED:
            return self._first_asked_device(at_s)
        # A clause of the server waits until the device knows that the text is no command to it.
        known = device is not None or self._device_failed
        if self._first_clause_s is not None and (known or late):
            return self._let("server", Why.FIRST if self._may_device_answer else Why.FAILED)
        if self._server is Server.OUT:
            return self._give_up() if self._device_failed else self._let("device", Why.FAILED)
        speakable = device is not None and device.is_speakable and self._may_device_answer
        if self._policy.mode == "race" and speakable:
            return self._let("device", Why.FIRST)
        if late and not self._device_failed:
            # On a machine that stood still it was not even asked.
            slow = self._fail(Failure.SLOW) if self._server is Server.AT_WORK else []
            return [*slow, *self._let("device", Why.SLOW)]
        return None

    @property
    def _may_device_answer(self) -> bool:
        abstains = self._device is not None and self._device.abstains
        return not (self._device_failed or abstains)

    def _first_asked_device(self, at_s: float) -> list[Action] | None:
        if not self._may_device_answer:
            self._prepare_at_s = float("inf")
            self._deadline_s = at_s + self._policy.deadline_s
            return [self._ask(at_s)]
        return self._let("device", Why.FIRST) if self._device is not None else None

    def _ask(self, at_s: float) -> Action:
        self._ask_at_s = float("inf")
        self._asked_at_s = at_s
        self._server = Server.AT_WORK
        return AskServer()

    def _let(self, side: Side, why: Why) -> list[Action]:
        """Let one side answer, and drop the other if it is at work."""
        if side == "server":
            self.phase = Phase.OVER if self._server is Server.COMPLETE else Phase.SERVER
            return [Drop("device"), LetAnswer(side, why)]
        self.phase = Phase.DEVICE
        return [*self._drop_server(), LetAnswer(side, why)]

    def _drop_server(self, first_clause_s: float | None = None) -> list[Action]:
        """End the server's work, if it is at work; that is no fault of its."""
        if self._server is not Server.AT_WORK:
            return []
        self._server = Server.OUT
        return [Drop("server"), Judge(first_clause_s=first_clause_s)]

    def _without_device(self, at_s: float) -> list[Action]:
        """The device was let answer, and failed before its first word."""
        if self._barred is not None or self._server is not Server.UNASKED:
            return self._give_up()
        self.phase = Phase.CHOOSING
        self._deadline_s = float("inf")
        return [self._ask(at_s)]

    def _give_up(self) -> list[Action]:
        self.phase = Phase.OVER
        return [GiveUp()]

    # -- the server's answer -----------------------------------------------------------------

    def _of_server(self, fact: ServerFact, at_s: float) -> list[Action]:
        match fact:
            case ServerSent(is_speakable):
                self._lull_at_s = at_s + self._policy.lull_s
                if is_speakable and self._first_clause_s is None:
                    self._first_clause_s = at_s - self._asked_at_s
                return self.tick(at_s)
            case ServerEnded():
                return self._complete(at_s)
            case ServerFailed(failure) if self.phase is Phase.SERVER:
                return self._lost(failure)
            case ServerFailed(failure):
                return [*self._fail(failure), *self.tick(at_s)]

    def _complete(self, at_s: float) -> list[Action]:
        if self._first_clause_s is None:
            return [*self._fail(Failure.EMPTY), *self.tick(at_s)]
        self._server = Server.COMPLETE
        judged: list[Action] = [Judge(first_clause_s=self._first_clause_s)]
        if self.phase is Phase.CHOOSING:
            return [*judged, *self._choose(at_s)]
        self.phase = Phase.OVER
        return judged

    def _fail(self, failure: Failure) -> list[Action]:
        self._server, self._first_clause_s = Server.OUT, None
        return [Drop("server"), Judge(failure)]

    def _lost(self, failure: Failure) -> list[Action]:
        self.phase = Phase.OVER
        return [*self._fail(failure), GoOn()]

    def _end(self) -> list[Action]:
        over, self.phase = self.phase, Phase.OVER
        return self._drop_server(self._first_clause_s if over is Phase.SERVER else None)
