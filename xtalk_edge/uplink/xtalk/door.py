"""The way into an X-Talk server: address, trust, token, and a WebSocket that is open."""

from __future__ import annotations

from websockets.asyncio.client import ClientConnection

from xtalk_edge.config.uplink import UplinkConfig
from xtalk_edge.net.address import Address, address_of
from xtalk_edge.net.peer import peer_of
from xtalk_edge.net.secret import Secret, secret_of
from xtalk_edge.net.trust import Trust
from xtalk_edge.net.websocket import Limits, dial
from xtalk_edge.uplink.xtalk.failures import goal_of
from xtalk_edge.uplink.xtalk.login import log_in

OPEN_S = 10.0
"""A phone network that wakes up takes five."""
PING_S = 20.0
"""As the servers' own: a connection that is dead without a word is noticed by then."""
MOST_MESSAGE_BYTES = 16 * 2**20
"""Servers send a sentence as one message: a minute of sound is 5.5 MiB, and a minute is the longest
that one would be. Without a limit a rude server could take all of the device's memory."""
LIMITS = Limits(OPEN_S, PING_S, MOST_MESSAGE_BYTES)


class Door:
    """Opens connections to one server.

    Args:
        config: where it is, and whom to believe.

    Raises:
        ConfigError: the address, a certificate or the token's place is wrong.
    """

    def __init__(self, config: UplinkConfig) -> None:
        self.address: Address = address_of(
            "uplink.url", config.url, ("ws", "wss"), allow_plain=config.allow_plain
        )
        trust = Trust(config.ca_file, config.client_cert, config.client_key, config.pinned_sha256)
        self._peer = peer_of(goal_of(self.address), trust)
        self._token_place = config.token
        self._given: Secret | None = None
        """What the server itself gave; None before it was asked."""
        secret_of("uplink.token", config.token)

    async def open(self) -> tuple[ClientConnection, bool]:
        """Return an open connection, and whether a token was shown.

        Raises:
            ConfigError: the token is not where it was any more.
            UplinkError, OSError, WebSocketException: as `dial`.
        """
        token = await self._token()
        socket = await dial(self._peer, self.address.url, token.bearer(), LIMITS)
        return socket, bool(token)

    def forget(self) -> None:
        """Ask the server for another token next time; the one it gave is accepted no more."""
        self._given = None

    async def _token(self) -> Secret:
        # Looked up each time: whoever renews it need not start the device anew.
        if own := secret_of("uplink.token", self._token_place):
            return own
        if self._given is None:
            self._given = await log_in(self._peer)
        return self._given
