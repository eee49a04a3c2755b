"""What tests of the uplink's client share: one that is connected, and how to wait for facts."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from typing import Any, TypeVar

from xtalk_edge.config.uplink import UplinkConfig
from xtalk_edge.net.backoff import Backoff
from xtalk_edge.uplink.cloud import Ability
from xtalk_edge.uplink.xtalk.client import XTalkClient
from xtalk_edge.uplink.xtalk.facts import Fact
from xtalk_edge.uplink.xtalk.line import NOT_BEGUN
from xtalk_edge.uplink.xtalk.talk import Talk

F = TypeVar("F")

PATIENCE_S = 10.0
"""After which a test that waits in vain fails; nothing on loopback takes as long."""

AT_ONCE = Backoff(first_s=0.01, longest_s=0.02)


class Watched:
    """A client, and what is true of it in the end."""

    def __init__(self, client: XTalkClient) -> None:
        self.client = client
        self._changed = asyncio.Event()
        client.on_change = self._changed.set

    async def until(self, fact: Callable[[XTalkClient], object]) -> None:
        """Wait until something is true of the client."""
        async with asyncio.timeout(PATIENCE_S):
            while not fact(self.client):
                self._changed.clear()
                await self._changed.wait()

    async def trouble(self, words: str = "") -> str:
        """Return the trouble it is in, once it is in one that has these words."""
        await self.until(lambda client: _is_told(client.trouble) and words in client.trouble)
        return self.client.trouble


@contextlib.asynccontextmanager
async def client_of(
    url: str, *uses: Ability, backoff: Backoff = AT_ONCE, **settings: Any
) -> AsyncIterator[Watched]:
    """Start a client, whatever comes of it."""
    client = XTalkClient(UplinkConfig(url=url, **settings), uses or ("full",), backoff=backoff)
    watched = Watched(client)
    client.start()
    try:
        yield watched
    finally:
        await client.aclose()


@contextlib.asynccontextmanager
async def connected(
    url: str, *uses: Ability, backoff: Backoff = AT_ONCE, **settings: Any
) -> AsyncIterator[XTalkClient]:
    """Start a client that can do what it is wanted for."""
    async with client_of(url, *uses, backoff=backoff, **settings) as watched:
        wanted = set(uses or ("full",))
        await watched.until(lambda client: client.abilities >= wanted)
        yield watched.client


async def all_of(stream: AsyncIterator[F]) -> list[F]:
    """Return everything that comes."""
    async with asyncio.timeout(PATIENCE_S):
        return [each async for each in stream]


async def next_of(talk: Talk, kind: type[F], seen: list[Fact] | None = None) -> F:
    """Return the next fact of a kind; others are passed over, and kept in `seen`."""
    async with asyncio.timeout(PATIENCE_S):
        async for fact in talk.facts:
            if seen is not None:
                seen.append(fact)
            if isinstance(fact, kind):
                return fact
    raise AssertionError("facts come until there is an error")


def _is_told(trouble: str) -> bool:
    return bool(trouble) and trouble != NOT_BEGUN
