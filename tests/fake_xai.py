"""An xAI that runs here: recogniser and voice on a WebSocket, with faults on a script.

The recogniser makes a word of every 200 ms of loud sound, and takes silence for a pause; the voice
makes a tone that is as long as its text, higher or lower by the voice's name.
"""

from __future__ import annotations

import asyncio
import atexit
import base64
import contextlib
import functools
import json
import ssl
import threading
from collections import deque
from collections.abc import Callable, Coroutine, Iterator
from dataclasses import dataclass, field
from http import HTTPStatus
from pathlib import Path
from typing import Any, Literal
from urllib.parse import parse_qs, urlsplit

import numpy as np
from websockets.asyncio.server import Server, ServerConnection, serve
from websockets.exceptions import ConnectionClosed
from websockets.http11 import Request, Response

from xtalk_edge.engines.loop_thread import LoopThread

KEY = "xai-test-key"

WORDS = ["one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"]
WORD_BYTES = 6_400
LOUD = 500
CHUNK_WORDS = 3
"""The recogniser settles a long text in portions."""

LOOK_S = 0.01
"""Between looks at a fact that is waited for."""

MS_A_CHARACTER = 30
DELTA_BYTES = 4_801
"""Odd, as nobody promised otherwise."""

Do = Literal[
    "stall", "close", "cut", "garbage", "huge", "error", "twice", "binary", "skip", "early", "file",
    "noise", "ended",
]  # fmt: skip


_IN_PLACE: dict[Do, tuple[str | bytes, ...]] = {
    "garbage": ("", "{", "[]", "null", '{"type": 3}', "[" * 50_000, '{"type": "new"}'),
    "huge": ("x" * (5 << 20),),
    "error": ('{"type": "error", "message": "no more\\u001b[31m today"}',),
    "binary": (b"\x00\x01RIFF",),
    "early": ('{"type": "audio.done"}',),
    "noise": ('{"type": "audio.delta", "delta": "***"}',),
    "ended": ('{"type": "transcript.done", "text": "never said"}',),
    "file": ('{"type": "audio.delta", "delta": "UklGRgAAAAA="}',),
}
"""What comes before a message, by fault."""


@dataclass(frozen=True)
class Fault:
    """What goes wrong on one connection."""

    at: str
    """Before which message: its type; "upgrade" is the handshake; "" is each."""
    do: Do = "stall"
    code: int = 1011
    """Of a farewell, or the status of a refused handshake."""
    after: int = 0
    """How many such messages go well before."""


@dataclass
class Seen:
    """One connection as the server saw it."""

    path: str
    query: dict[str, str]
    key: str
    received: list[Any] = field(default_factory=list)
    """Messages, decoded; sound as bytes."""
    closed: threading.Event = field(default_factory=threading.Event)

    @property
    def sound(self) -> bytes:
        """All the sound that came."""
        return b"".join(each for each in self.received if isinstance(each, bytes))

    @property
    def kinds(self) -> list[str]:
        """The types of the messages that came."""
        return [each["type"] for each in self.received if isinstance(each, dict)]


class FakeXAI:
    """The server; in a thread of its own, so that blocking engines can talk to it."""

    def __init__(self, tls: ssl.SSLContext | None = None) -> None:
        self.faults: deque[Fault | None] = deque()
        """For the connections to come; None is a good one."""
        self.seen: list[Seen] = []
        self._changed = threading.Condition()
        self._loop = LoopThread("fake xai")
        self._scheme = "ws" if tls is None else "wss"
        self._server = self._loop.run(self._serve(tls), 10.0)
        self.port: int = next(iter(self._server.sockets)).getsockname()[1]
        self.talks: dict[str, Talk] = {
            "/v1/stt": recognise,
            "/v1/tts": speak,
        }

    async def _serve(self, tls: ssl.SSLContext | None) -> Server:
        return await serve(
            self._talk, "127.0.0.1", 0, process_request=self._upgrade, ssl=tls, max_size=None,
            close_timeout=0.5,
        )  # fmt: skip

    def url(self, service: str) -> str:
        """Where one of its services is."""
        return f"{self._scheme}://127.0.0.1:{self.port}/v1/{service}"

    def close(self) -> None:
        """End it and all connections."""
        self._loop.run(self._end(), 10.0)
        self._loop.close()

    async def _end(self) -> None:
        self._server.close()
        await self._server.wait_closed()

    def wait_for(self, fact: Callable[[], bool], within_s: float = 10.0) -> None:
        """Wait until something is so."""
        with self._changed:
            for _ in range(round(within_s / LOOK_S)):
                if fact():
                    return
                # Facts on the other side of the connection come a moment after ours.
                self._changed.wait(LOOK_S)
        raise AssertionError("it did not come so")

    def tell(self) -> None:
        """Let those look again who wait for a fact."""
        with self._changed:
            self._changed.notify_all()

    def _upgrade(self, connection: ServerConnection, request: Request) -> Response | None:
        key = request.headers.get("Authorization", "")
        fault = self.faults[0] if self.faults else None
        if fault is not None and fault.at == "upgrade":
            self.faults.popleft()
            return connection.respond(HTTPStatus(fault.code), "<html>Welcome!</html>")
        if key != f"Bearer {KEY}":
            return connection.respond(HTTPStatus.UNAUTHORIZED, "who are you?")
        return None

    async def _talk(self, connection: ServerConnection) -> None:
        assert connection.request is not None
        parts = urlsplit(connection.request.path)
        query = {name: values[0] for name, values in parse_qs(parts.query).items()}
        seen = Seen(parts.path, query, connection.request.headers["Authorization"])
        fault = self.faults.popleft() if self.faults else None
        self.seen.append(seen)
        self.tell()
        try:
            await self.talks[parts.path](Session(self, connection, seen, fault))
        except ConnectionClosed:
            pass
        finally:
            seen.closed.set()
            self.tell()


class Session:
    """One connection, on which a fault may happen."""

    def __init__(
        self, server: FakeXAI, connection: ServerConnection, seen: Seen, fault: Fault | None
    ) -> None:
        self._server = server
        self.connection = connection
        self.seen = seen
        self._fault = fault
        self._gone_well = 0

    async def say(self, kind: str, **fields: Any) -> None:
        """Send a message, or what the script says in its place."""
        data = json.dumps({"type": kind, **fields})
        fault = self._fault
        if fault is not None and fault.at in (kind, ""):
            if self._gone_well >= fault.after:
                data = await self._fail(fault, data)
            self._gone_well += 1
        if data:
            await self.connection.send(data)

    async def _fail(self, fault: Fault, data: str) -> str:
        """Do what the script says; return what is sent nevertheless."""
        connection = self.connection
        for each in _IN_PLACE.get(fault.do, ()):
            await connection.send(each)
        if fault.do == "cut":
            connection.transport.abort()
        elif fault.do == "close":
            await connection.close(fault.code, "as planned\x1b[31m")
        if fault.do in ("stall", "cut", "close"):
            await connection.wait_closed()
        elif fault.do == "twice":
            await connection.send(data)
        return "" if fault.do == "skip" else data

    async def hear(self) -> Any:
        """Return the next message."""
        data = await self.connection.recv()
        message = data if isinstance(data, bytes) else json.loads(data)
        self.seen.received.append(message)
        self._server.tell()
        return message


Talk = Callable[[Session], Coroutine[Any, Any, None]]

# -- the recogniser ------------------------------------------------------------------------------


async def recognise(session: Session) -> None:
    """Make words of sound, until it is said that there is no more."""
    stretch: list[str] = []
    rest, words, blocks, began = b"", 0, 0, 0
    await session.say("transcript.created", id="t-1")
    while not isinstance(message := await session.hear(), dict):
        rest += message
        while len(rest) >= WORD_BYTES:
            block, rest = rest[:WORD_BYTES], rest[WORD_BYTES:]
            blocks += 1
            if _is_loud(block):
                began = began if stretch else blocks - 1
                stretch.append(WORDS[words % len(WORDS)])
                words += 1
                whole = len(stretch) // CHUNK_WORDS * CHUNK_WORDS
                is_chunk = whole == len(stretch)
                begin = whole - CHUNK_WORDS if is_chunk else whole
                await _portion(session, stretch[begin:], began + begin, blocks, is_final=is_chunk)
            elif stretch:
                await _portion(session, stretch, began, blocks, is_final=True, speech_final=True)
                stretch = []
    assert message["type"] == "audio.done"
    await session.say("transcript.done", text=" ".join(stretch), duration=blocks * 0.2)
    await session.connection.wait_closed()


async def _portion(
    session: Session, words: list[str], began: int, ended: int, **flags: bool
) -> None:
    start, duration = round(began * 0.2, 2), round((ended - began) * 0.2, 2)
    text = " ".join(words)
    await session.say("transcript.partial", text=text, start=start, duration=duration, **flags)


def _is_loud(block: bytes) -> bool:
    samples = np.frombuffer(block, "<i2").astype(np.float64)
    return bool(samples.std() > LOUD)


# -- the voice -----------------------------------------------------------------------------------


async def speak(session: Session) -> None:
    """Make a tone of each text."""
    rate_hz = int(session.seen.query["sample_rate"])
    pitch_hz = 200 + 20 * len(session.seen.query["voice"])
    while True:
        text = ""
        while (message := await session.hear())["type"] == "text.delta":
            text += message["delta"]
        assert message["type"] == "text.done"
        frames = rate_hz * MS_A_CHARACTER * len(text) // 1_000
        for pcm in _tone(pitch_hz, rate_hz, frames):
            await session.say("audio.delta", delta=base64.b64encode(pcm).decode())
        await session.say("audio.done", trace_id="x")


def _tone(pitch_hz: int, rate_hz: int, frames: int) -> Iterator[bytes]:
    second = 8_000 * np.sin(2 * np.pi * pitch_hz * np.arange(rate_hz) / rate_hz)
    turns = second.astype("<i2").tobytes() * (frames // rate_hz + 1)
    whole = turns[: 2 * frames]
    for start in range(0, len(whole), DELTA_BYTES):
        yield whole[start : start + DELTA_BYTES]


@contextlib.contextmanager
def running(tls: ssl.SSLContext | None = None) -> Iterator[FakeXAI]:
    """Run one for as long as needed."""
    server = FakeXAI(tls)
    try:
        yield server
    finally:
        server.close()


@functools.cache
def shared() -> FakeXAI:
    """Return one that runs until the tests end."""
    server = FakeXAI()
    atexit.register(server.close)
    return server


def key_file(folder: Path) -> Path:
    """Return a file with the right key, which nobody else may read."""
    path = folder / "xai.key"
    path.write_text(KEY)
    path.chmod(0o600)
    return path


@contextlib.contextmanager
def raw_server(answer: bytes, pause_s: float = 0.0) -> Iterator[int]:
    """Run something that is no WebSocket; yield its port.

    Args:
        answer: what it says to whoever connects.
        pause_s: after each byte; 0 sends it at once.
    """
    loop = LoopThread("raw server")

    async def serve_one(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await reader.read(1)
            for each in (answer[i : i + 1] for i in range(len(answer))) if pause_s else (answer,):
                writer.write(each)
                await writer.drain()
                await asyncio.sleep(pause_s)
            if answer:
                writer.close()
            await reader.read()
        except (OSError, asyncio.CancelledError):
            pass
        finally:
            writer.transport.abort()

    server = loop.run(asyncio.start_server(serve_one, "127.0.0.1", 0), 10.0)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        loop.soon(server.close)
        loop.close()
