"""Opens a WebSocket to another machine, and says in a sentence why it cannot, or why it is gone.

Nothing is compressed, no redirect is followed, and a pinned certificate is looked at before the
first byte of a request, so that a token is shown to nobody else.
"""

from __future__ import annotations

import logging
import socket
import ssl
from collections.abc import Mapping
from dataclasses import dataclass

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import (
    ConnectionClosed,
    InvalidHandshake,
    InvalidMessage,
    InvalidProxy,
    InvalidStatus,
    InvalidURI,
    ProxyError,
    WebSocketException,
)

from xtalk_edge import __version__
from xtalk_edge.errors import UplinkError, UplinkLostError
from xtalk_edge.net.address import Address
from xtalk_edge.net.shown import printable
from xtalk_edge.net.trust import Trust, check_pin

CLOSE_S = 1.0
"""For the farewell; whoever says nothing meanwhile is left."""

_CLOSED: Mapping[int, str] = {
    1000: "said goodbye in the middle",
    1001: "is going away",
    1002: "does not understand the protocol",
    1003: "does not take such data",
    1006: "broke off the connection",
    1007: "could not read what was sent",
    1008: "refused by its rules",
    1009: "sent or was sent too much at once",
    1010: "wants an extension that is not there",
    1011: "failed inside",
    1012: "is restarting",
    1013: "is too busy now",
}
_FINAL_CLOSES = frozenset({1002, 1003, 1007, 1008, 1009, 1010})
"""After these the same would come again."""

_STATUSES: Mapping[int, str] = {
    400: "does not understand the request; check the settings",
    401: "does not accept the key; check it, or make a new one",
    402: "wants to be paid first; look at your account there",
    403: "does not allow this with your key; look at your account there",
    404: "has nothing at this address; check it",
    429: "got too many requests; wait a while, or look at the limits of your account",
}

# The library's own would write tokens and spoken words down at DEBUG.
_log = logging.getLogger(f"{__name__}.wire")
_log.setLevel(logging.WARNING)


@dataclass(frozen=True, slots=True)
class Peer:
    """Another machine, and whom to believe to be it."""

    name: str
    """As the owner knows it."""
    address: Address
    trust: Trust
    tls: ssl.SSLContext | None
    """How to encrypt; None over a plain connection."""


async def open_websocket(
    peer: Peer,
    url: str,
    headers: Mapping[str, str],
    *,
    within_s: float,
    most_bytes: int,
    ping_s: float | None,
) -> ClientConnection:
    """Return an open connection.

    Args:
        peer: whom to talk to.
        url: at which of its addresses.
        headers: what to show, as a token.
        within_s: for name, connection, encryption and handshake together.
        most_bytes: of one message; a longer one ends the connection.
        ping_s: how often to ask whether it is still there, and how long to wait; None never asks.

    Raises:
        UplinkLostError: it could not be reached, or not in time.
        UplinkError: it refused, or is not who it should be.
    """

    class Connection(ClientConnection):
        async def handshake(self, *args: object, **kwargs: object) -> None:
            check_pin(peer.trust, self.transport.get_extra_info("ssl_object"))
            await super().handshake(*args, **kwargs)  # type: ignore[arg-type]

    try:
        return await _Here(
            url,
            compression=None,
            additional_headers=headers,
            proxy=None if peer.address.is_loopback else True,
            open_timeout=within_s,
            ping_interval=ping_s,
            ping_timeout=ping_s,
            close_timeout=CLOSE_S,
            max_size=most_bytes,
            logger=_log,
            user_agent_header=f"xtalk-edge/{__version__}",
            # Where one of two ways is dead, the other is tried at once (RFC 8305).
            happy_eyeballs_delay=None if peer.address.is_loopback else 0.25,
            create_connection=Connection,
            ssl=peer.tls,
        )
    except (OSError, WebSocketException) as error:
        raise _unreachable(peer, error, within_s) from error


class _Here(connect):
    """Goes where it was told to, and nowhere else: a token is for one host."""

    def process_redirect(self, exc: Exception) -> Exception | str:
        return exc


def lost(peer: Peer, error: ConnectionClosed) -> UplinkError:
    """Return why a connection that was open is so no more."""
    code = error.rcvd.code if error.rcvd is not None else 1006
    if error.rcvd is None and error.sent is not None and error.sent.code != 1000:
        # The library ended it: too long a message, broken text, no answer to a ping.
        code = 1006 if error.sent.code == 1011 else error.sent.code
    why = _CLOSED.get(code, f"ended the connection with code {code}")
    reason = printable(error.rcvd.reason) if error.rcvd is not None else ""
    sentence = f"{peer.name} {why}{f' ({reason})' if reason else ''}"
    return UplinkError(sentence) if code in _FINAL_CLOSES else UplinkLostError(sentence)


def _unreachable(peer: Peer, error: Exception, within_s: float) -> UplinkError:
    name, host = peer.name, peer.address.host
    if isinstance(error, InvalidStatus):
        return _refused(name, error.response.status_code)
    if isinstance(error, TimeoutError):
        return UplinkLostError(f"{name} did not answer within {within_s:g} s; is the network slow?")
    if isinstance(error, ssl.SSLCertVerificationError):
        return UplinkError(
            f"the certificate of {host} is not to be trusted ({error.verify_message}); check the "
            "address and the date of this device, or name its authority in ca_file"
        )
    if isinstance(error, ssl.SSLError):
        return UplinkError(f"{host} does not encrypt as it should ({error.reason}); check the port")
    if isinstance(error, socket.gaierror):
        return UplinkLostError(f"no host {host} is found; check the name, or the network")
    if isinstance(error, InvalidProxy | ProxyError):
        return UplinkError(f"the proxy on the way to {host} does not work; check HTTPS_PROXY")
    if isinstance(error, InvalidURI):
        return UplinkError(f"{name}: the address is none; check it")
    if isinstance(error, ConnectionResetError | ConnectionAbortedError) or (
        isinstance(error, InvalidMessage) and isinstance(error.__cause__, EOFError)
    ):
        return UplinkLostError(f"{host} hung up at once; check the address and the port")
    if isinstance(error, InvalidHandshake):
        return UplinkError(f"{host} does not speak WebSocket; check the address and the port")
    detail = printable(getattr(error, "strerror", None) or str(error))
    return UplinkLostError(f"{name} cannot be reached at {host} ({detail}); check the network")


def _refused(name: str, status: int) -> UplinkError:
    if status >= 500:
        return UplinkLostError(f"{name} is out of order (status {status}); wait a while")
    if 300 <= status < 400:
        return UplinkError(f"{name} points elsewhere (status {status}); check the address")
    if status < 300:
        return UplinkError(
            f"a web page answered in place of {name}; does this network want you to log in?"
        )
    return UplinkError(f"{name} {_STATUSES.get(status, f'refused with status {status}')}")
