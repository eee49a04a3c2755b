"""How a session begins: who greets first, and what the server may be. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum

from xtalk_edge.uplink.xtalk import requests
from xtalk_edge.uplink.xtalk.facts import Able, Action, Queued, Ready, Recognised, Send
from xtalk_edge.uplink.xtalk.generation import ANY, EARLY, LATE, Generation, narrowed
from xtalk_edge.uplink.xtalk.messages import (
    Capabilities,
    QueueGranted,
    QueueStatus,
    SessionAttached,
    SessionInfo,
)

SessionMessage = SessionInfo | SessionAttached | QueueStatus | QueueGranted | Capabilities

GREETING_S = 0.3
"""Early servers greet at once; whoever has not by then waits to be greeted."""
ATTACH_S = 5.0
"""A server that restores a long conversation takes a second; after this there is no greeting."""


class _State(Enum):
    UNOPENED = "not opened"
    GREETING = "waiting to be greeted"
    ATTACHING = "has greeted"
    QUEUED = "has no place"
    READY = "in session"


@dataclass(slots=True)
class Hello:
    """Finds out whether there is a session, and with what kind of server.

    Args:
        may_attach: whether the server gave a token, or the owner did: it wants to be greeted then.
        session_id: the session to go on with; "" begins one.
    """

    may_attach: bool
    session_id: str = ""
    generations: frozenset[Generation] = ANY
    """Those that the server may be."""
    can: Able = field(default_factory=lambda: Able(submit_text=False, speak=False))
    """What its plugin said of itself."""
    _state: _State = _State.UNOPENED
    _wanted_id: str = ""
    wake_at_s: float | None = None
    """When there is something to do if nothing happens before."""

    @property
    def is_ready(self) -> bool:
        """Whether the session has begun."""
        return self._state is _State.READY

    @property
    def is_late(self) -> bool:
        """Whether it is known to be one whose text follows what was played."""
        return self.generations <= LATE

    def open(self, now_s: float) -> None:
        """Begin; the connection is there."""
        self._wanted_id = self.session_id
        self._enter(_State.GREETING, now_s + GREETING_S)

    def tick(self, now_s: float) -> list[Action]:
        """Stop waiting for what should have come by now."""
        if self.wake_at_s is None or now_s < self.wake_at_s:
            return []
        if self._state is _State.GREETING and self.may_attach:
            self._enter(_State.ATTACHING, now_s + ATTACH_S)
            return [Send(requests.attach_session(self.session_id))]
        # Late servers in a program that leaves the greeting out begin without a word.
        return [*self.narrow(LATE), *self._begin("")]

    def take(
        self,
        message: SessionMessage,
        now_s: float,
    ) -> list[Action]:
        """Take a message about the session."""
        match message:
            case SessionInfo(session_id):
                return [*self.narrow(EARLY), *self._begin(session_id)]
            case SessionAttached(session_id):
                return [*self.narrow(LATE), *self._begin(session_id)]
            case Capabilities(submit_text, speak):
                return self._enable(Able(submit_text, speak))
            case QueueStatus() if not self.is_ready:
                self._enter(_State.QUEUED, None)
                return [Queued(message.position, message.limit)]
            case QueueGranted() if self._state is _State.QUEUED:
                self._enter(_State.GREETING, now_s + GREETING_S)
        return []

    def narrow(self, evidence: frozenset[Generation]) -> list[Action]:
        """Take what only some generations do."""
        before = self.generations
        self.generations = narrowed(before, evidence)
        if self.generations == before:
            return []
        return [Recognised(self.generations)]

    def _enter(self, state: _State, wake_at_s: float | None) -> None:
        self._state, self.wake_at_s = state, wake_at_s

    def _begin(self, session_id: str) -> list[Action]:
        self.session_id = session_id or self.session_id
        if self.is_ready:
            return []
        resumed = bool(session_id) and session_id == self._wanted_id
        self._enter(_State.READY, None)
        return [Ready(session_id, resumed), Send(requests.ask_capabilities())]

    def _enable(self, can: Able) -> list[Action]:
        if can == self.can:
            return []
        self.can = can
        return [can]
