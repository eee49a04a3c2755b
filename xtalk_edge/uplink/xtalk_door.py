"""The way into an X-Talk server: address, trust, token, and a WebSocket that is open."""

from __future__ import annotations

import ssl

from websockets.asyncio.client import ClientConnection, connect

from xtalk_edge import __version__
from xtalk_edge.config.uplink import UplinkConfig
from xtalk_edge.errors import UplinkError
from xtalk_edge.net.address import Address, address_of
from xtalk_edge.net.secret import Secret, secret_of
from xtalk_edge.net.trust import Trust, check_pin, tls_context
from xtalk_edge.uplink.xtalk_login import log_in

OPEN_S = 10.0
"""Name, TCP, TLS and upgrade together; a phone network that wakes up takes five."""
CLOSE_S = 1.0
"""For the other side's goodbye; a server that is gone says none."""
PING_EVERY_S = 20.0
PING_WITHIN_S = 20.0
"""As the servers' own: a connection that is dead without a word is noticed by then."""
MOST_MESSAGE_BYTES = 16 * 2**20
"""Servers send a sentence as one message: a minute of sound is 5.5 MiB, and a minute is the longest
that one would be. Without a limit a rude server could take all of the device's memory."""


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
        self._trust = Trust(
            config.ca_file, config.client_cert, config.client_key, config.pinned_sha256
        )
        self._tls: ssl.SSLContext | None = None
        if self.address.is_encrypted:
            self._tls = tls_context("uplink", self._trust)
        self._token_place = config.token
        self._given: Secret | None = None
        """What the server itself gave; None before it was asked."""
        secret_of("uplink.token", config.token)

    async def open(self) -> tuple[ClientConnection, bool]:
        """Return an open connection, and whether a token was shown.

        Raises:
            ConfigError: the token is not where it was any more.
            UplinkError: the server is another than the pinned one.
            OSError: it cannot be reached.
            TimeoutError: it took too long.
            websockets.exceptions.WebSocketException: it does not open a WebSocket.
        """
        token = await self._token()
        headers = {"Authorization": f"Bearer {token.reveal()}"} if token else {}
        trust = self._trust

        class Checked(ClientConnection):
            """Looks at the certificate before it says anything, the token above all."""

            async def handshake(self, *args: object, **kwargs: object) -> None:
                check_pin(trust, self.transport.get_extra_info("ssl_object"))
                await super().handshake(*args, **kwargs)  # type: ignore[arg-type]

        opening = _Direct(
            self.address.url,
            ssl=self._tls,
            compression=None,
            additional_headers=headers,
            user_agent_header=f"xtalk-edge/{__version__}",
            open_timeout=OPEN_S,
            close_timeout=CLOSE_S,
            ping_interval=PING_EVERY_S,
            ping_timeout=PING_WITHIN_S,
            max_size=MOST_MESSAGE_BYTES,
            create_connection=Checked,
            # Where one of two ways is dead, the other is tried at once (RFC 8305).
            happy_eyeballs_delay=0.25,
        )
        try:
            return await opening, bool(token)
        except OSError:
            # A certificate that is not believed is a ValueError too.
            raise
        except (ImportError, ValueError) as error:
            raise UplinkError(
                "the proxy in https_proxy is none that the device can use; it takes the form "
                "http://host:port"
            ) from error

    def forget(self) -> None:
        """Ask the server for another token next time; the one it gave is accepted no more."""
        self._given = None

    async def _token(self) -> Secret:
        # Looked up each time: whoever renews it need not start the device anew.
        if own := secret_of("uplink.token", self._token_place):
            return own
        if self._given is None:
            self._given = await log_in(self.address, self._trust, self._tls)
        return self._given


class _Direct(connect):
    """Does not let itself be sent elsewhere: the owner named one server, and trusts that one."""

    def process_redirect(self, exc: Exception) -> Exception | str:
        """Take every redirection for the refusal that it is."""
        return exc
