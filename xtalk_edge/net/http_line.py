"""Connections to an HTTP server, kept open between requests as long as the event loop runs."""

from __future__ import annotations

import asyncio
import contextlib
import ssl

import httpx2

from xtalk_edge.errors import UplinkError
from xtalk_edge.net.peer import Peer
from xtalk_edge.net.way_faults import BAD_PROXY
from xtalk_edge.tasks import TaskOwner

KEPT_S = 55.0
"""An idle connection is closed before most servers do it, who wait for a minute."""


class HttpLine:
    """A client for one server; it belongs to the loop on which it is asked for.

    Args:
        peer: where the server is, and whom to believe to be it.
        connect_s: so long a connection may take, encryption included.
    """

    def __init__(self, peer: Peer, connect_s: float) -> None:
        self.peer = peer
        # Limits on the rest of an answer are those of whoever reads it.
        self._timeout = httpx2.Timeout(None, connect=connect_s)
        self._client: httpx2.AsyncClient | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._keeper: asyncio.Task[None] | None = None

    def client(self) -> httpx2.AsyncClient:
        """Return the client of the running loop. Raises UplinkError as `client_for`."""
        loop = asyncio.get_running_loop()
        ended = self._keeper is None or self._keeper.done()
        if self._client is None or ended or self._loop is not loop:
            self._client, self._loop = client_for(self.peer, self._timeout), loop
            self._keeper = TaskOwner().start(_keep(self._client), "http connections")
        return self._client

    def close(self) -> None:
        """Let the connections be closed; from any thread."""
        loop, keeper = self._loop, self._keeper
        if loop is not None and keeper is not None:
            with contextlib.suppress(RuntimeError):
                # A loop that is closed has ended the keeper itself.
                loop.call_soon_threadsafe(keeper.cancel)


def client_for(peer: Peer, timeout: httpx2.Timeout) -> httpx2.AsyncClient:
    """Return a client that goes to one machine, and nowhere else.

    Raises:
        UplinkError: the proxy that the environment names is none.
    """
    try:
        return httpx2.AsyncClient(
            # One that believes nobody, where nothing is to be encrypted: it loads in no time.
            verify=peer.tls or ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT),
            timeout=timeout,
            limits=httpx2.Limits(keepalive_expiry=KEPT_S),
            follow_redirects=False,
            # A proxy of the network is no way to this machine.
            trust_env=not peer.address.is_loopback,
        )
    except (ImportError, ValueError, httpx2.InvalidURL):
        # Not chained, as in `dial`.
        raise UplinkError(BAD_PROXY) from None


async def _keep(client: httpx2.AsyncClient) -> None:
    """Close the client when the loop ends, or is told to."""
    try:
        await asyncio.Event().wait()
    finally:
        await client.aclose()
