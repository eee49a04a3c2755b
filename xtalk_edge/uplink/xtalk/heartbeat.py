"""Signs of life, and how far the server's clock is off. Pure."""

from __future__ import annotations

import math

from xtalk_edge.errors import UplinkError
from xtalk_edge.uplink.xtalk import requests
from xtalk_edge.uplink.xtalk.facts import Action, Measured, Send
from xtalk_edge.uplink.xtalk.messages import Pong

PING_EVERY_S = 15.0
PONG_WITHIN_S = 10.0
MOST_MISSED = 3
"""As the X-Talk browser client does."""


class Heartbeat:
    """Asks again and again whether the server is alive.

    A server that has never answered a ping is not expected to: none is required to know them.
    """

    def __init__(self) -> None:
        self._next_s = math.inf
        self._sent: tuple[float, float] | None = None
        """The ping that has no answer yet: when it was sent, and by the wall clock."""
        self._has_answered = False
        self._missed = 0

    @property
    def wake_at_s(self) -> float | None:
        """When there is something to do if nothing happens before."""
        if self._sent is not None:
            return self._sent[0] + PONG_WITHIN_S
        return self._next_s if self._next_s < math.inf else None

    def begin(self, now_s: float, epoch_s: float) -> list[Action]:
        """Send the first ping."""
        return self._ping(now_s, epoch_s)

    def heard(self) -> None:
        """Note that the server said something: it lives."""
        self._missed = 0

    def pong(self, pong: Pong, now_s: float) -> list[Action]:
        """Take an answer; one that nobody waits for means nothing."""
        if self._sent is None:
            return []
        sent_s, sent_epoch_s = self._sent
        if round(pong.client_ms) != round(1000 * sent_epoch_s):
            return []
        self._sent = None
        self._has_answered = True
        # Not by the wall clock, which may have been set meanwhile.
        round_trip_s = now_s - sent_s
        server_s = pong.server_ms / 1000
        offset_s = server_s - (sent_epoch_s + round_trip_s / 2)
        received_s = sent_epoch_s + round_trip_s
        return [
            Send(requests.clock_sync(sent_epoch_s, server_s, received_s)),
            Measured(round_trip_s, offset_s),
        ]

    def tick(self, now_s: float, epoch_s: float) -> list[Action]:
        """Ask again, when it is time.

        Raises:
            UplinkError: it answered before and does so no more.
        """
        due_s = self.wake_at_s
        if due_s is None or now_s < due_s:
            return []
        if self._sent is not None:
            self._sent = None
            self._missed += self._has_answered
            if self._missed >= MOST_MISSED:
                raise UplinkError("the server does not answer any more; the connection is dead")
        return self._ping(now_s, epoch_s) if now_s >= self._next_s else []

    def _ping(self, now_s: float, epoch_s: float) -> list[Action]:
        self._sent = now_s, epoch_s
        self._next_s = now_s + PING_EVERY_S
        return [Send(requests.ping(epoch_s))]
