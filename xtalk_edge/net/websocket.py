"""Opens a WebSocket to another machine.

Nothing is compressed, no redirect is followed, and a pinned certificate is looked at before the
first byte of a request, so that a token is shown to nobody else.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import InvalidProxy

from xtalk_edge import __version__
from xtalk_edge.errors import UplinkError
from xtalk_edge.net.address import Address
from xtalk_edge.net.peer import Peer
from xtalk_edge.net.proxies import proxy_before
from xtalk_edge.net.trust import check_pin
from xtalk_edge.net.way_faults import BAD_PROXY

CLOSE_S = 1.0
"""For the farewell; whoever says nothing meanwhile is left."""

# The library's own would write tokens and spoken words down at DEBUG.
_log = logging.getLogger(f"{__name__}.wire")
_log.setLevel(logging.WARNING)


@dataclass(frozen=True, slots=True)
class Limits:
    """What a connection may take."""

    open_s: float
    """For name, connection, encryption and handshake together."""
    ping_s: float | None
    """How often to ask whether it is still there, and how long to wait; None never asks."""
    most_bytes: int
    """Of one message; a longer one ends the connection."""


async def dial(
    peer: Peer, url: str, headers: Mapping[str, str], limits: Limits
) -> ClientConnection:
    """Return an open connection; `websocket_faults.unopened` tells why there is none.

    Args:
        peer: whom to talk to.
        url: at which of its addresses.
        headers: what to show, as a token.
        limits: what it may take.

    Raises:
        UplinkError: the server is another than the pinned one, or a proxy is none.
        OSError, WebSocketException: no connection comes about.
    """

    class Checked(ClientConnection):
        """Looks at the key before it says anything, the token above all."""

        async def handshake(self, *args: object, **kwargs: object) -> None:
            check_pin(peer.trust, self.transport.get_extra_info("ssl_object"))
            await super().handshake(*args, **kwargs)  # type: ignore[arg-type]

    is_here = peer.address.is_loopback
    try:
        return await _Here(
            url,
            compression=None,
            additional_headers=headers,
            proxy=None if is_here else True,
            open_timeout=limits.open_s,
            ping_interval=limits.ping_s,
            ping_timeout=limits.ping_s,
            close_timeout=CLOSE_S,
            max_size=limits.most_bytes,
            logger=_log,
            user_agent_header=f"xtalk-edge/{__version__}",
            # Where one of two ways is dead, the other is tried at once (RFC 8305).
            happy_eyeballs_delay=None if is_here else 0.25,
            create_connection=Checked,
            ssl=peer.tls,
        )
    except OSError:
        # A certificate that is not believed is a ValueError too.
        raise
    except (ImportError, ValueError, InvalidProxy):
        # Not chained: the message would show the proxy's address, and that may have a password.
        raise UplinkError(BAD_PROXY) from None


def proxy_to(address: Address) -> str:
    """Return host and port of the proxy that `dial` goes by; "" for none."""
    if address.is_loopback:
        return ""
    # In the order of the library.
    encrypted, plain = ("wss", "socks", "https"), ("ws", "socks", "https", "http")
    return proxy_before(address.netloc, encrypted if address.is_encrypted else plain)


class _Here(connect):
    """Goes where it was told to, and nowhere else: a token is for one host."""

    def process_redirect(self, exc: Exception) -> Exception | str:
        return exc
