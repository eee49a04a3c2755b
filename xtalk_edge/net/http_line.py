"""Connections to an HTTP server, kept open between requests as long as the event loop runs."""

from __future__ import annotations

import asyncio
import contextlib
import ssl

import httpx2

from xtalk_edge.net.address import Address
from xtalk_edge.tasks import TaskOwner

KEPT_S = 55.0
"""An idle connection is closed before most servers do it, who wait for a minute."""


class HttpLine:
    """A client for one server; it belongs to the loop on which it is asked for.

    Args:
        address: where the server is.
        context: how to encrypt; None where nothing is.
        connect_s: so long a connection may take, encryption included.
    """

    def __init__(self, address: Address, context: ssl.SSLContext | None, connect_s: float) -> None:
        self._address = address
        self._context = context
        self._connect_s = connect_s
        self._client: httpx2.AsyncClient | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._keeper: asyncio.Task[None] | None = None

    def client(self) -> httpx2.AsyncClient:
        """Return the client of the running loop."""
        loop = asyncio.get_running_loop()
        ended = self._keeper is None or self._keeper.done()
        if self._client is None or ended or self._loop is not loop:
            self._client, self._loop = self._new(), loop
            self._keeper = TaskOwner().start(_keep(self._client), "http connections")
        return self._client

    def close(self) -> None:
        """Let the connections be closed; from any thread."""
        loop, keeper = self._loop, self._keeper
        if loop is not None and keeper is not None:
            with contextlib.suppress(RuntimeError):
                # A loop that is closed has ended the keeper itself.
                loop.call_soon_threadsafe(keeper.cancel)

    def _new(self) -> httpx2.AsyncClient:
        return httpx2.AsyncClient(
            # One that believes nobody, where nothing is to be encrypted: it loads in no time.
            verify=self._context or ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT),
            # Limits on the rest of an answer are those of whoever reads it.
            timeout=httpx2.Timeout(None, connect=self._connect_s),
            limits=httpx2.Limits(keepalive_expiry=KEPT_S),
            follow_redirects=False,
            # A proxy of the network is no way to this machine.
            trust_env=not self._address.is_loopback,
        )


async def _keep(client: httpx2.AsyncClient) -> None:
    """Close the client when the loop ends, or is told to."""
    try:
        await asyncio.Event().wait()
    finally:
        await client.aclose()
