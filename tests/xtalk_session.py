"""One session with an X-Talk server by hand: what is told to it, and what it sends and tells."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, Literal, TypeVar

from xtalk_edge.uplink.xtalk.facts import Action, Fact, Send
from xtalk_edge.uplink.xtalk.protocol import XTalkProtocol

F = TypeVar("F")

EPOCH_S = 1_700_000_000.0


class Session:
    """A protocol, its clock, and what came of it."""

    def __init__(self, *, may_attach: bool = False, session_id: str = "") -> None:
        self.protocol = XTalkProtocol(may_attach=may_attach, session_id=session_id)
        self.protocol.epoch_offset_s = EPOCH_S
        self.now_s = 100.0
        self.sent: list[dict[str, Any]] = []
        """Text messages, as objects; sound is in `frames`."""
        self.frames: list[bytes] = []
        self.order: list[str] = []
        """Actions of what was sent, "binary" of sound."""
        self.facts: list[Fact] = []
        self.protocol.open(self.now_s)

    def do(self, work: Callable[[float], list[Action]]) -> list[Fact]:
        """Have the protocol do something; return what it told."""
        return self._keep(work(self.now_s))

    def say(self, action: str, data: Any = "", **flat: Any) -> list[Fact]:
        """Be the server, and say something; return what came of it."""
        message = flat or {"data": data}
        return self.raw(json.dumps({"action": action} | message))

    def raw(self, message: str | bytes) -> list[Fact]:
        """Be the server, and send a message as it is."""
        return self._keep(self.protocol.receive(message, self.now_s))

    def wait(self, seconds: float) -> list[Fact]:
        """Let time pass, with everything that is due meanwhile."""
        told: list[Fact] = []
        until_s = self.now_s + seconds
        while (wake_s := self.protocol.wake_at_s) is not None and wake_s <= until_s:
            self.now_s = max(self.now_s, wake_s)
            told += self._keep(self.protocol.tick(self.now_s))
            after_s = self.protocol.wake_at_s
            assert after_s is None or after_s > self.now_s, "it would spin"
        self.now_s = until_s
        return told

    def take_sent(self, action: str) -> list[dict[str, Any]]:
        """Return the messages of that action, and forget them."""
        found = [message for message in self.sent if message["action"] == action]
        self.sent = [message for message in self.sent if message["action"] != action]
        return found

    def told(self, kind: type[F]) -> list[F]:
        """Return the facts of that kind so far."""
        return [fact for fact in self.facts if isinstance(fact, kind)]

    def _keep(self, actions: list[Action]) -> list[Fact]:
        told: list[Fact] = []
        for action in actions:
            if not isinstance(action, Send):
                told.append(action)
            elif isinstance(action.message, bytes):
                self.frames.append(action.message)
                self.order.append("binary")
            else:
                self.sent.append(json.loads(action.message))
                self.order.append(self.sent[-1]["action"])
        self.facts += told
        return told


def begun(
    generation: Literal["G1", "G1.5", "G2", "G3"] = "G1",
    *,
    plugin: bool = False,
    plays: bool = False,
) -> Session:
    """Return a session that has begun, with a server of that generation."""
    early = generation in ("G1", "G1.5")
    session = Session(may_attach=not early)
    if early:
        session.say("session_info", {"session_id": "s"})
    else:
        session.wait(0.3)
        session.say("session_attached", {"session_id": "s"})
    if plugin:
        session.say("edge_capabilities", {"submit_text": True, "speak": True, "version": 1})
    session.protocol.plays = plays
    session.sent.clear()
    session.order.clear()
    session.facts.clear()
    return session


def sound(ms: float, value: int = 1) -> bytes:
    """Return that much sound of a server: s16le, mono, 48 kHz."""
    return value.to_bytes(2, "little") * round(48 * ms)
