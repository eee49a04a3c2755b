"""What the policy is told of one turn, and what it asks for. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Literal

from xtalk_edge.uplink.breaker import Failure

Side = Literal["device", "server"]


class Why(Enum):
    """Why that side answers."""

    OFF = "off"
    """The settings want it so."""
    PRIVATE = "private"
    """The words may not leave the device, or the owner said "go offline"."""
    ABSENT = "absent"
    """The server is not there, or cannot do it."""
    UNHEARD = "unheard"
    """The server is to hear for itself, and has not heard this turn."""
    RESTING = "resting"
    """The server let several turns down, and is left alone for a while."""
    COMMAND = "command"
    """It is a request to this device's own tools."""
    FIRST = "first"
    """It was first."""
    SLOW = "slow"
    """The server had nothing by the deadline."""
    FAILED = "failed"
    """The other one failed, or has no answer."""
    LOST = "lost"
    """The server was lost in the middle of its answer."""


# -- facts -----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class DeviceKnows:
    """What the device has found out about its own answer."""

    is_command: bool = False
    """It is sure that one of its own tools is meant."""
    is_speakable: bool = False
    """The first clause is there."""
    abstains: bool = False
    """Its answer is that it has none."""


@dataclass(frozen=True, slots=True)
class DeviceFailed:
    """The device cannot answer, and has said nothing."""


@dataclass(frozen=True, slots=True)
class ServerSent:
    """A sign of life came from the server."""

    is_speakable: bool
    """It completes something that can be spoken."""


@dataclass(frozen=True, slots=True)
class ServerEnded:
    """The server's answer is complete."""


@dataclass(frozen=True, slots=True)
class ServerFailed:
    """The server's answer will not be complete."""

    failure: Failure


@dataclass(frozen=True, slots=True)
class Abandoned:
    """Nobody waits for the answer any more."""


ServerFact = ServerSent | ServerEnded | ServerFailed
Fact = DeviceKnows | DeviceFailed | ServerFact | Abandoned


# -- actions ---------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class PrepareDevice:
    """Let the device begin an answer, as far as nothing comes of it."""


@dataclass(frozen=True, slots=True)
class AskServer:
    """Ask the server."""


@dataclass(frozen=True, slots=True)
class LetAnswer:
    """This side's answer is the one: release it, effects included."""

    side: Side
    why: Why


@dataclass(frozen=True, slots=True)
class Drop:
    """Stop that side; what it has made is lost."""

    side: Side


@dataclass(frozen=True, slots=True)
class GoOn:
    """The server was lost behind its last whole clause: the device has the rest to say."""


@dataclass(frozen=True, slots=True)
class GiveUp:
    """Neither can answer."""


@dataclass(frozen=True, slots=True)
class Judge:
    """Tell the breaker what came of asking the server."""

    failure: Failure | None = None
    first_clause_s: float | None = None
    """From the question on; None with no failure either: the turn says nothing about it."""


Action = PrepareDevice | AskServer | LetAnswer | Drop | GoOn | GiveUp | Judge
