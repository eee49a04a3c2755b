"""Another machine: what the owner calls it, where it is, and whom to believe to be it."""

from __future__ import annotations

import ssl
from dataclasses import dataclass

from xtalk_edge.errors import ConfigError
from xtalk_edge.net.address import Address
from xtalk_edge.net.trust import Trust, tls_context
from xtalk_edge.net.way_faults import Goal


@dataclass(frozen=True, slots=True)
class Peer:
    """A machine to talk to; made by `peer_of`."""

    goal: Goal
    trust: Trust
    tls: ssl.SSLContext | None
    """How to encrypt; None over a plain connection."""

    @property
    def name(self) -> str:
        """As the owner knows it."""
        return self.goal.server

    @property
    def address(self) -> Address:
        """Where it listens."""
        return self.goal.address


def peer_of(goal: Goal, trust: Trust) -> Peer:
    """Return a machine, and how to know it.

    Raises:
        ConfigError: as `tls_context`, or its key is pinned and it would never show one.
    """
    if goal.address.is_encrypted:
        return Peer(goal, trust, tls_context(goal.section, trust))
    if trust.pinned_sha256:
        raise ConfigError(
            f"{goal.section}.pinned_sha256: a connection that is not encrypted shows no key; have "
            f"{goal.setting} begin with wss:// or https://, or take the pin away"
        )
    return Peer(goal, trust, None)
