"""A connection to one of xAI's services, on which nothing waits longer than was agreed."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from urllib.parse import urlencode

from websockets.asyncio.client import ClientConnection
from websockets.exceptions import ConnectionClosed, WebSocketException

from xtalk_edge.clock import now_s
from xtalk_edge.engines.xai.access import Access
from xtalk_edge.engines.xai.messages import Message, message_of
from xtalk_edge.errors import UplinkError, UplinkLostError
from xtalk_edge.net.border import BORDER, Kind
from xtalk_edge.net.peer import Peer
from xtalk_edge.net.websocket import Limits, dial
from xtalk_edge.net.websocket_faults import ended, may_pass, unopened
from xtalk_edge.tasks import TaskOwner

log = logging.getLogger(__name__)

CONNECT_S = 5.0
"""For the whole way in; an owner takes a device for deaf by then."""

SEND_S = 5.0
"""For one message to get into the network."""

HEARTBEAT_S = 30.0
"""Between questions whether the other side is still there; less than routers forget after."""

MOST_BYTES = 4 << 20
"""Of one message: 40 s of speech at 48 kHz in base64. Usual are some 10 kB."""

_STATUSES: Mapping[int, str] = {
    400: "does not understand the request; check the settings",
    401: "does not accept the key; check it, or make a new one",
    402: "wants to be paid first; look at your account there",
    403: "does not allow this with your key; look at your account there",
    404: "has nothing at this address; check it",
    429: "got too many requests; wait a while, or look at the limits of your account",
}

UNREADABLE_MOST = 20
"""A message that cannot be read is passed over; who sends that many is not xAI."""


class Line:
    """An open connection; made by `open_line`."""

    def __init__(self, peer: Peer, socket: ClientConnection) -> None:
        self._peer = peer
        self._socket = socket
        self._unreadable = 0
        self._opened_s = now_s()

    @property
    def age_s(self) -> float:
        """How long it has been open."""
        return now_s() - self._opened_s

    async def send(self, data: str | bytes, kind: Kind, n_bytes: int) -> None:
        """Send a message once what it holds may leave the device.

        Args:
            data: the message; text or sound.
            kind: what it holds.
            n_bytes: how much of that.

        Raises:
            UplinkLostError: the connection is gone, or takes nothing.
            UplinkError: it may not leave.
        """
        BORDER.send(self._peer.address.host, kind, n_bytes)
        await self.signal(data)

    async def signal(self, data: str | bytes) -> None:
        """Send a message that holds nothing of anybody. Raises UplinkLostError."""
        try:
            async with asyncio.timeout(SEND_S):
                await self._socket.send(data)
        except TimeoutError:
            raise UplinkLostError(f"{self._peer.name} takes nothing any more") from None
        except ConnectionClosed as error:
            raise _lost(self._peer, error) from error

    async def receive(self, within_s: float | None = None) -> Message:
        """Return the next message that can be read.

        Args:
            within_s: how long to wait for it; None waits for ever.

        Raises:
            UplinkLostError: the connection is gone, or nothing came in time.
            UplinkError: the other side does not speak as xAI does.
        """
        try:
            async with asyncio.timeout(within_s):
                while (message := message_of(await self._socket.recv())) is None:
                    self.pass_over()
                return message
        except TimeoutError:
            raise UplinkLostError(
                f"{self._peer.name} said nothing for {within_s:g} s; is the network slow?"
            ) from None
        except ConnectionClosed as error:
            raise _lost(self._peer, error) from error

    def pass_over(self) -> None:
        """Count something that could not be read; raises UplinkError when it was too often."""
        self._unreadable += 1
        if self._unreadable > UNREADABLE_MOST:
            raise UplinkError(f"{self._peer.name} sends what nobody can read; check the address")

    async def is_alive(self, within_s: float) -> bool:
        """Ask the other side whether it is there."""
        try:
            async with asyncio.timeout(within_s):
                await (await self._socket.ping())
        except (TimeoutError, ConnectionClosed):
            return False
        return True

    async def is_idle(self) -> bool:
        """Tell whether it is open, and nothing lies on it that nobody has taken yet."""
        try:
            async with asyncio.timeout(0):
                await self._socket.recv()
        except TimeoutError:
            return self._socket.close_code is None
        except ConnectionClosed:
            return False
        return False

    @property
    def was_left(self) -> bool:
        """Whether the other side said goodbye as it should."""
        return self._socket.close_code == 1000

    def leave(self, tasks: TaskOwner) -> None:
        """Say goodbye, and end the connection a second later at most; nobody waits for it."""
        farewell = tasks.start(self._socket.close(), "xai farewell")
        # Also if it was cancelled before it began.
        farewell.add_done_callback(lambda _: self._socket.transport.abort())


async def open_line(
    access: Access,
    query: Mapping[str, str],
    needed: Kind,
    *,
    ping_s: float | None = HEARTBEAT_S,
) -> Line:
    """Return a connection to a service.

    Args:
        access: which, and the key.
        query: how it is to work.
        needed: what is going to be sent; where it may not leave, no connection is made.
        ping_s: how often to ask whether it is still there; None never does.

    Raises:
        UplinkLostError: it could not be reached, or not in time.
        UplinkError: it refused, or is not who it should be; or nothing may leave.
    """
    BORDER.check(needed)
    peer = access.peer
    glue = "&" if "?" in peer.address.url else "?"
    url = f"{peer.address.url}{glue}{urlencode(query)}" if query else peer.address.url
    try:
        socket = await dial(peer, url, access.key.bearer(), Limits(CONNECT_S, ping_s, MOST_BYTES))
    except (OSError, WebSocketException) as error:
        raise _told(error, unopened(error, peer.goal, _STATUSES)) from error
    return Line(peer, socket)


def _lost(peer: Peer, error: ConnectionClosed) -> UplinkError:
    return _told(error, ended(error, peer.name, {}))


def _told(error: OSError | WebSocketException, sentence: str) -> UplinkError:
    return UplinkLostError(sentence) if may_pass(error) else UplinkError(sentence)
