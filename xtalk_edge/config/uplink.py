"""Settings for a server that may answer or speak in the device's stead."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal, get_args

from xtalk_edge.config.fields import number
from xtalk_edge.config.xai import XAIRealtimeConfig

Policy = Literal["off", "fallback", "prefer", "race"]

Use = Literal["full", "agent", "tts"]
"""Hearing, thinking and speaking; thinking alone; speaking alone."""

Kind = Literal["audio", "text", "tools"]
"""Sound of the room; words of the conversation; what tools can do, were asked and answered."""

KINDS: tuple[Kind, ...] = get_args(Kind)


@dataclass(frozen=True, slots=True)
class UplinkConfig:
    """An X-Talk server, what it may do, and what it may be told."""

    kind: Literal["x-talk", "xai"] = "x-talk"
    """What it is: an X-Talk server, or xAI's realtime model, for `full` alone."""
    url: str = ""
    """The WebSocket of an X-Talk server, "wss://host/ws"; "" is none."""
    full: Policy = "off"
    """Whether it hears, thinks and speaks: never; where the device itself cannot; unless it is
    slow; or whoever is first."""
    agent: Policy = "off"
    """The same where it only thinks: words up, words down."""
    tts: Policy = "off"
    """The same where it only speaks: words up, sound down."""
    deadline_ms: int = number(1_500, 50, 60_000)
    """How long the device waits for something it can say before it answers by itself; with
    "fallback", before it says that it has no answer. Owners take a device that is silent for two
    seconds for deaf."""
    notice: str = "I'm on my own for a moment."
    """Said when the server is lost; "" says nothing."""
    notice_every_min: float = number(30.0, 0.0, 10_080.0)
    """The notice is said once in this time."""
    lost_rest: str = "I lost the connection, so that's all I have."
    """Said when the server is lost in mid-answer and the device's own agent cannot go on; "" says
    nothing."""
    cloud_allowed: tuple[Kind, ...] = KINDS
    """What may leave the device at all, also to engines that ask a server: sound of the room, words
    of the conversation, and what tools can do and answered."""
    token: str = ""
    """Where the server's token is kept: "env:NAME", "file:PATH" or "credential:NAME"."""
    allow_plain: bool = False
    """Whether ws:// may lead out of this machine: anybody on the way can listen."""
    ca_file: str = ""
    """Certificates of authorities that are believed in place of the system's."""
    client_cert: str = ""
    """Certificate the device shows; "" is none."""
    client_key: str = ""
    """Its key; "" where it is in the same file."""
    pinned_sha256: str = ""
    """SHA-256 of the public key that the server must have; "" is any with a valid certificate."""
    xai: XAIRealtimeConfig = field(default_factory=XAIRealtimeConfig)
    """xAI's realtime model, where `kind` is that."""

    @property
    def uses(self) -> tuple[Use, ...]:
        """What a server is wanted for."""
        policies: dict[Use, Policy] = {"full": self.full, "agent": self.agent, "tts": self.tts}
        return tuple(use for use, policy in policies.items() if policy != "off")

    @property
    def is_on(self) -> bool:
        """Whether there is a server that may do anything."""
        is_named = bool(self.url) or self.kind == "xai"
        return is_named and bool(self.uses)
