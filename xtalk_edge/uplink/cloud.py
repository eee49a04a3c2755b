"""What the policy needs of a server: whether it is there, what it can do, and its answer."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable
from typing import Protocol

from xtalk_edge.config.uplink import Use

Ability = Use

CLOUD_RATE_HZ = 48_000
"""Of all sound that an X-Talk server sends: s16le, mono."""


class Cloud(Protocol):
    """A connection to a server that is made again whenever it is lost."""

    on_change: Callable[[], None]
    """Called whenever `abilities` or `trouble` are others than before."""

    @property
    def abilities(self) -> frozenset[Ability]:
        """What it can do now; nothing while it is not connected, or lets the device wait."""

    @property
    def trouble(self) -> str:
        """Why it can do nothing, in a sentence for the owner; "" while it can."""

    def answer(self, text: str) -> AsyncGenerator[str, None]:
        """Yield the server's reply to a text piece by piece; closing it stops the server.

        Raises:
            UplinkError: the server refused, was lost, or said nothing for too long.
        """

    def speech(self, text: str) -> AsyncGenerator[bytes, None]:
        """Yield a text as speech, s16le mono at `CLOUD_RATE_HZ`; closing it stops the server.

        Raises:
            UplinkError: as `answer`.
        """
