"""A WebSocket client that knows nothing of X-Talk: it says what it is told, keeps what comes."""

from __future__ import annotations

import asyncio
import contextlib
import json
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from tests.fake_xtalk import FakeXTalk, hearing
from tests.fake_xtalk.news import News

FRAME = bytes(1_024)
"""32 ms of silence, as a client sends it."""

Got = dict[str, Any] | bytes | str


class PlainClient:
    """One connection, and all that came over it."""

    def __init__(self, socket: ClientConnection, acknowledges: bool) -> None:
        self.socket = socket
        self.acknowledges = acknowledges
        """Whether it says at once of every sound that it was played."""
        self.got: list[Got] = []
        self.closed: ConnectionClosed | None = None
        self._news = News()

    async def read(self) -> None:
        """Collect messages until the connection ends."""
        try:
            while True:
                got = _read(await self.socket.recv())
                self.got.append(got)
                self._news.tell()
                if self.acknowledges:
                    await self._acknowledge(_action(got))
        except ConnectionClosed as closed:
            self.closed = closed
            self._news.tell()

    async def _acknowledge(self, action: str) -> None:
        names = self.last("start_tts") if "start_tts" in self.actions else ""
        names = names if isinstance(names, dict) else {}
        if action == "binary":
            n = self.actions.count("binary")
            await self.say("tts_chunk_played", chunk_index=n, **names)
        elif action == "tts_finished":
            await self.say("tts_playback_finished", **names)

    async def say(self, action: str, **fields: object) -> None:
        """Send a message; where the connection has ended, `closed` says so."""
        with contextlib.suppress(ConnectionClosed):
            await self.socket.send(json.dumps({"action": action, **fields}))

    async def speak(self, seconds: float) -> None:
        """Say something of that length, as a client with a voice detector does."""
        await self.say("vad_speech_start", timestamp=0)
        await self.silence()
        # A burst that comes sooner is lost: that is the server's clock, not a fact.
        await asyncio.sleep(hearing.SETTLE_S)
        for _ in range(round(seconds * 1000 / 32)):
            await self.socket.send(FRAME)
        await self.say("vad_speech_end", timestamp=0)

    @property
    def actions(self) -> list[str]:
        """What came, by action; sound is "binary"."""
        return [_action(got) for got in self.got]

    def last(self, action: str) -> Any:
        """Return the data of the last message with an action."""
        found = [got for got in self.got if _action(got) == action]
        assert found and isinstance(found[-1], dict)
        return found[-1].get("data", found[-1])

    async def wait(self, action: str, nth: int = 1) -> None:
        """Wait until the nth message with an action has come."""
        await self.until(lambda: self.actions.count(action) >= nth)

    async def until(self, fact: Callable[[], bool]) -> None:
        """Wait until what came makes something true."""
        await self._news.until(fact)

    async def ended(self) -> None:
        """Wait until the connection has ended."""
        await self.until(lambda: self.closed is not None)

    async def silence(self) -> None:
        """Wait until the server has done all that it was told: it answers a ping, which is left out
        of what came."""
        await self.say("ping", timestamp=1)
        await self.wait("pong")
        self.got = [got for got in self.got if _action(got) != "pong"]


@asynccontextmanager
async def client_of(
    server: FakeXTalk,
    *,
    attach: str | None = "",
    token: str | None = None,
    acknowledges: bool = False,
    tls: ssl.SSLContext | None = None,
) -> AsyncIterator[PlainClient]:
    """Connect as the generation wants it; `attach` is the session, None is none."""
    token = server.traits.token if token is None else token
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    async with (
        connect(
            server.url,
            compression=None,
            max_size=None,
            additional_headers=headers,
            proxy=None,
            close_timeout=0.2,
            ssl=tls,
        ) as socket,
        asyncio.TaskGroup() as tasks,
    ):
        client = PlainClient(socket, acknowledges)
        reading = tasks.create_task(client.read())
        if server.traits.hello == "attach" and attach is not None:
            await client.say("attach_session", session_id=attach or None)
        yield client
        reading.cancel()


def _read(message: str | bytes) -> Got:
    if isinstance(message, bytes):
        return message
    try:
        read = json.loads(message)
    except ValueError:
        return message
    return read if isinstance(read, dict) else message


def _action(got: Got) -> str:
    if isinstance(got, bytes):
        return "binary"
    return str(got.get("action")) if isinstance(got, dict) else ""
