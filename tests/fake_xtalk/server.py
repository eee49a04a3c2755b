"""The server as a whole: it listens, lets clients in, and can be made to misbehave."""

from __future__ import annotations

import asyncio
import itertools
import json
import ssl
import uuid
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self
from urllib.parse import parse_qs, urlsplit

from tests.fake_xtalk.faults import Deed, Fault, Point, http_answer
from tests.fake_xtalk.news import News
from tests.fake_xtalk.record import Record
from tests.fake_xtalk.script import DEFAULT_REPLY, Generation, Reply, Traits, traits_of
from tests.fake_xtalk.session import Session
from tests.fake_xtalk.wire import Message, Wire
from xtalk_edge.clock import wall_now
from xtalk_edge.tasks import TaskOwner

WS_PATH = "/ws"
LOGIN_PATH = "/api/auth/login"


@dataclass
class Connection:
    """What is known of one TCP connection."""

    number: int
    """From 1."""
    wire: Wire
    path: str = ""
    headers: dict[str, str] = field(default_factory=dict)
    """Of its request; names in small letters."""
    is_open: bool = True
    close_code: int | None = None
    """What the client closed with."""


class FakeXTalk:
    """An X-Talk server on loopback, as an async context manager.

    Args:
        generation: whose traits it has; `traits` overrides all of them.
        replies: what its agent says: one reply for every text, one a turn (the last again and
            again), or a function of the text.
        hears: what its recogniser makes of each utterance; the last again and again.
        faults: what goes wrong; the list `faults` may be changed at any time.
        tls: how it encrypts; None is not at all.
        changes: single traits, such as `plugin=True` or `queue=(2, 1)`.
    """

    def __init__(
        self,
        generation: Generation = "G1",
        *,
        replies: Reply | Iterable[Reply] | Callable[[str], Reply] = DEFAULT_REPLY,
        hears: Iterable[str] = ("what time is it",),
        faults: Iterable[Fault] = (),
        tls: ssl.SSLContext | None = None,
        host: str = "127.0.0.1",
        **changes: object,
    ) -> None:
        self.traits: Traits = traits_of(generation, **changes)
        self.faults: list[Fault] = list(faults)
        self.received = Record()
        """What clients said."""
        self.sent = Record()
        """What the server said; faults and pongs of WebSocket itself are left out."""
        self.connections: list[Connection] = []
        self.history: dict[str, list[tuple[str, str]]] = {}
        """Text and answer of each turn, by session; a later generation keeps it."""
        self.logins = 0
        self.hears: Iterator[str] = _repeat_last(hears)
        self.answer: Callable[[str], Reply] = _answers(replies)
        self._tls = tls
        self._host = host
        self._port = 0
        self._attached: set[str] = set()
        self._news = News()
        self._owner = TaskOwner()
        self._server: asyncio.Server | None = None
        self._failures: list[BaseException] = []

    # -- its life ------------------------------------------------------------------------------

    async def __aenter__(self) -> Self:
        await self.listen()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        where: TracebackType | None,
    ) -> None:
        await self.refuse()
        for connection in self.connections:
            connection.wire.abort()
        await self._owner.aclose()
        if error is None and self._failures:
            raise self._failures[0]

    async def listen(self) -> None:
        """Accept connections, again on the same port after `refuse`."""
        self._server = await asyncio.start_server(self._accept, self._host, self._port)
        self._port = self._server.sockets[0].getsockname()[1]

    async def refuse(self) -> None:
        """Refuse further connections; those that are there stay."""
        if self._server is not None:
            self._server.close()
            self._server = None

    # -- for tests -----------------------------------------------------------------------------

    @property
    def port(self) -> int:
        """Where it listens."""
        return self._port

    @property
    def url(self) -> str:
        """Its WebSocket."""
        host = f"[{self._host}]" if ":" in self._host else self._host
        return f"{'wss' if self._tls else 'ws'}://{host}:{self._port}{WS_PATH}"

    @property
    def n_open(self) -> int:
        """How many connections are there now."""
        return sum(connection.is_open for connection in self.connections)

    async def strike(self, deed: Deed) -> None:
        """Do something other than `Stall` to every open connection, now."""
        for connection in self.connections:
            if connection.is_open:
                await deed.do(connection.wire)

    def release(self) -> None:
        """End every stall."""
        for connection in self.connections:
            connection.wire.release()

    async def stalled(self) -> None:
        """Wait until some connection stands still."""
        await self.until(lambda: any(c.wire.is_stalled for c in self.connections))

    async def until(self, fact: Callable[[], bool]) -> None:
        """Wait until something is true of this server's connections."""
        await self._news.until(fact)

    # -- what a session needs ------------------------------------------------------------------

    def clock_ms(self) -> int:
        """Return the server's wall clock."""
        return round((wall_now().timestamp() + self.traits.clock_offset_s) * 1000)

    def remember(self, session_id: str, text: str, answer: str) -> None:
        """Write down a turn of the conversation."""
        self.history.setdefault(session_id, []).append((text, answer))

    # -- letting in ----------------------------------------------------------------------------

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        # Not read before it is known whether TLS comes first: it would be lost to it.
        writer.transport.pause_reading()  # type: ignore[attr-defined]
        connection = Connection(len(self.connections) + 1, Wire(reader, writer, self._news))
        self.connections.append(connection)
        self._news.tell()
        self._owner.start(self._serve(connection, reader, writer), f"client {connection.number}")

    async def _serve(
        self, connection: Connection, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        try:
            await self._at(Point.ACCEPT, connection)
            if self._tls is not None:
                await writer.start_tls(self._tls)
            else:
                writer.transport.resume_reading()  # type: ignore[attr-defined]
            await self._answer_request(connection, reader)
        except (OSError, EOFError):
            pass  # The client went away, or was sent away.
        except Exception as error:  # noqa: BLE001 - shown by the test that caused it
            self._failures.append(error)
        finally:
            connection.close_code = connection.wire.close_code
            connection.is_open = False
            self._news.tell()
            writer.close()

    async def _at(self, point: Point, connection: Connection) -> None:
        """Let happen what the script wants before there is a session."""
        for fault in list(self.faults):
            if fault.at is point and fault.connection in (None, connection.number):
                await fault.do.do(connection.wire)

    async def _answer_request(self, connection: Connection, reader: asyncio.StreamReader) -> None:
        first = await reader.readexactly(1)
        if first == _TLS:
            await connection.wire.write(http_answer("400 Bad Request", "Invalid request", {}))
            return
        head = first + await reader.readuntil(b"\r\n\r\n")
        method, path, connection.headers = _read_head(head)
        connection.path = path
        await self._at(Point.UPGRADE, connection)
        route = urlsplit(path).path
        wire = connection.wire
        if method == "POST" and route == LOGIN_PATH and self.traits.login:
            self.logins += 1
            told = {"access_token": self.traits.token, "user": {"id": "owner"}}
            await wire.write(http_answer("200 OK", json.dumps(told), _JSON))
        elif "upgrade" not in connection.headers:
            await wire.write(http_answer("404 Not Found", '{"detail":"Not Found"}', _JSON))
        elif route != WS_PATH:
            await wire.write(http_answer("403 Forbidden", "", {}))
        elif await wire.upgrade(head):
            await self._let_in(connection)

    async def _let_in(self, connection: Connection) -> None:
        inbox: asyncio.Queue[Message] = asyncio.Queue()
        try:
            async with asyncio.TaskGroup() as tasks:
                session = Session(self, connection.wire, connection.number, tasks)
                tasks.create_task(self._visit(connection, session, inbox))
                # Read all along, so that pings are answered whatever stands still.
                async for message in connection.wire.messages():
                    self.received.add(connection.number, message)
                    inbox.put_nowait(message)
                raise _ClientIsGone
        except* _ClientIsGone:
            pass

    async def _visit(
        self, connection: Connection, session: Session, inbox: asyncio.Queue[Message]
    ) -> None:
        if self.traits.token and not self._may_enter(connection):
            await connection.wire.close(1008, "Unauthorized")
            return
        await self._let_wait(session)
        try:
            if await self._greet(connection, session, inbox):
                while True:
                    await session.take(await inbox.get())
        finally:
            self._attached.discard(session.id)

    def _may_enter(self, connection: Connection) -> bool:
        token = parse_qs(urlsplit(connection.path).query).get("access_token", [""])[0]
        bearer = connection.headers.get("authorization", "").removeprefix("Bearer ")
        return self.traits.token in (token, bearer)

    async def _let_wait(self, session: Session) -> None:
        positions = self.traits.queue
        if not positions:
            return
        endless = () if self.traits.queue_ends else itertools.repeat(positions[-1])
        for position in itertools.chain(positions, endless):
            told = {"action": "queue_status", "position": position, "limit": 1, "active": 1}
            await session.say(told)
            await asyncio.sleep(self.traits.queue_every_s)
        await session.say({"action": "queue_granted"})

    async def _greet(
        self, connection: Connection, session: Session, inbox: asyncio.Queue[Message]
    ) -> bool:
        """Say hello as the generation does; tell whether the client may stay."""
        wanted = ""
        if self.traits.hello == "attach":
            asked = await inbox.get()
            if not isinstance(asked, dict) or asked.get("action") != "attach_session":
                await connection.wire.close(1011, "Internal server error")
                return False
            wanted = str(asked.get("session_id") or "")
        await session.at(Point.HELLO)
        if wanted in self._attached:
            await connection.wire.close(1013, "Session already connected")
            return False
        session.id = wanted if wanted in self.history else str(uuid.uuid4())
        self.history.setdefault(session.id, [])
        self._attached.add(session.id)
        hello = {"session_info": "session_info", "attach": "session_attached"}
        if action := hello.get(self.traits.hello):
            await session.send(action, {"session_id": session.id})
        await session.at(Point.READY)
        return True


class _ClientIsGone(Exception):  # noqa: N818 - not an error: it ends a group of tasks
    """There is nobody to talk to any more."""


_TLS = b"\x16"
"""What a client says first that wants to encrypt."""

_JSON = {"Content-Type": "application/json"}


def _read_head(head: bytes) -> tuple[str, str, dict[str, str]]:
    """Return method, path and headers of a request."""
    first, *lines = head.decode("latin-1").split("\r\n")
    method, path, _version = first.split(" ")
    pairs = (line.partition(":") for line in lines if line)
    return method, path, {name.lower(): value.strip() for name, _, value in pairs}


def _repeat_last(texts: Iterable[str]) -> Iterator[str]:
    text = ""
    for text in texts:
        yield text
    yield from itertools.repeat(text)


def _answers(replies: Reply | Iterable[Reply] | Callable[[str], Reply]) -> Callable[[str], Reply]:
    if isinstance(replies, Reply):
        only = replies
        return lambda _text: only
    if callable(replies):
        return replies
    left = list(replies)
    return lambda _text: left.pop(0) if len(left) > 1 else left[0]
