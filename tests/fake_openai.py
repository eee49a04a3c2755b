"""A server that speaks OpenAI's chat completions, and misbehaves as it is told.

It runs on a thread with a loop of its own: clients on any loop, real or virtual, can ask it.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import socket
import ssl
import struct
import threading
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from xtalk_edge.engines.loop_thread import LoopThread

JSON = "application/json"
EVENTS = "text/event-stream"


class Fault:
    """What a server may do in place of sending the next piece."""


@dataclass(frozen=True)
class Stall(Fault):
    """Send nothing more, and hold the connection."""


@dataclass(frozen=True)
class Close(Fault):
    """Close the connection, though more was promised."""


@dataclass(frozen=True)
class Reset(Fault):
    """Reset the connection."""


@dataclass(frozen=True)
class Pause(Fault):
    """Wait, in real seconds."""

    seconds: float


Step = bytes | Fault


@dataclass
class Answer:
    """What is sent for one request."""

    steps: Sequence[Step] = ()
    status: int = 200
    type: str = EVENTS
    headers: dict[str, str] = field(default_factory=dict)
    raw: bool = False
    """Whether the steps stand for themselves, without any HTTP around them."""
    ends: bool = True
    """Whether the end of the answer is said."""


@dataclass
class Received:
    """One request."""

    method: str
    path: str
    headers: dict[str, str]
    body: Any
    n_bytes: int
    """Of the body."""
    connection: int
    """By which a connection that is used again is known."""


def chunk(finish: str | None = None, /, **delta: Any) -> str:
    """Return one chunk of an answer, as JSON."""
    choice = {"index": 0, "delta": delta, "finish_reason": finish}
    return json.dumps({"object": "chat.completion.chunk", "choices": [choice]})


def events(*data: str, newline: str = "\n", done: bool = True) -> list[bytes]:
    """Return the chunks as server-sent events; a line feed in one makes it several lines."""
    wanted = [*data, "[DONE]"] if done else [*data]
    return [
        ("".join(f"data: {line}{newline}" for line in each.split("\n")) + newline).encode()
        for each in wanted
    ]


def says(*pieces: str, finish: str = "stop", newline: str = "\n", done: bool = True) -> Answer:
    """Return an answer in pieces of text."""
    said = [chunk(content=piece) for piece in pieces]
    usage = json.dumps({"choices": [], "usage": {"total_tokens": 7}})
    return Answer(
        events(chunk(role="assistant"), *said, chunk(finish), usage, newline=newline, done=done)
    )


def calls(*called: tuple[str, Any], cut: int = 3, before: str = "") -> Answer:
    """Return an answer that calls tools, their arguments in fragments of `cut` characters."""
    chunks = [chunk(content=before)] if before else []
    for index, (name, arguments) in enumerate(called):
        text = arguments if isinstance(arguments, str) else json.dumps(arguments)
        begins = {"index": index, "id": f"id{index}", "type": "function"}
        chunks.append(chunk(tool_calls=[{**begins, "function": {"name": name, "arguments": ""}}]))
        for at in range(0, len(text), cut):
            part = {"index": index, "function": {"arguments": text[at : at + cut]}}
            chunks.append(chunk(tool_calls=[part]))
    return Answer(events(*chunks, chunk("tool_calls")))


def refuses(status: int, error: object = None, **headers: str) -> Answer:
    """Return an answer that is none."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Answer([json.dumps({"error": error}).encode()], status, JSON, named)


class FakeOpenAI:
    """The server as a test sees it.

    It gives `answers` in order, and then what `otherwise` makes of a request.
    """

    def __init__(self) -> None:
        self.answers: list[Answer] = []
        self.otherwise: Callable[[Received], Answer] = lambda _received: says("Okay.")
        self.models = Answer([json.dumps({"data": [{"id": "tiny"}]}).encode()], type=JSON)
        """What it says of the models it has."""
        self.received: list[Received] = []
        """Every request for an answer."""
        self.looked = 0
        """How often it was asked for its models."""
        self.begun = threading.Semaphore(0)
        """Released for each answer that stalls."""
        self.left = threading.Semaphore(0)
        """Released for each client that left in the middle of an answer."""
        self.url = ""
        self._connections = 0

    @property
    def params(self) -> dict[str, Any]:
        """Settings of an agent that asks here."""
        return {"base_url": self.url, "model": "tiny"}

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer the requests of one connection."""
        self._connections += 1
        number = self._connections
        try:
            with contextlib.suppress(OSError, asyncio.IncompleteReadError):
                async for received in _requests(reader, writer, number):
                    if not await self._answer(received, reader, writer):
                        break
        finally:
            writer.close()

    async def _answer(
        self, received: Received, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> bool:
        """Send an answer; tell whether the connection may be used again."""
        if received.path.endswith("/models"):
            self.looked += 1
            answer = self.models
        else:
            self.received.append(received)
            answer = self.answers.pop(0) if self.answers else self.otherwise(received)
        if not answer.raw:
            writer.write(_head(answer))
        try:
            for step in answer.steps:
                if isinstance(step, bytes):
                    writer.write(step if answer.raw else _framed(step))
                    await writer.drain()
                elif not await self._misbehave(step, reader, writer):
                    return False
        except ConnectionError:
            self.left.release()
            return False
        if answer.raw or not answer.ends:
            return False
        writer.write(b"0\r\n\r\n")
        return True

    async def _misbehave(
        self, fault: Fault, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> bool:
        """Do something else; tell whether the answer goes on."""
        if isinstance(fault, Pause):
            await asyncio.sleep(fault.seconds)
            return True
        if isinstance(fault, Stall):
            self.begun.release()
            with contextlib.suppress(ConnectionError):
                while await reader.read(1):
                    pass
            self.left.release()
        if isinstance(fault, Reset):
            linger = struct.pack("ii", 1, 0)
            writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
            writer.transport.abort()
        return False


@contextlib.contextmanager
def fake_openai(tls: ssl.SSLContext | None = None) -> Iterator[FakeOpenAI]:
    """Run a server while the block runs."""
    fake, loop = FakeOpenAI(), LoopThread("fake openai")
    server = loop.run(asyncio.start_server(fake.serve, "127.0.0.1", 0, ssl=tls), 10.0)
    scheme = "https" if tls else "http"
    fake.url = f"{scheme}://127.0.0.1:{server.sockets[0].getsockname()[1]}/v1"
    try:
        yield fake
    finally:
        loop.soon(server.close)
        loop.close()


async def _requests(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, connection: int
) -> AsyncIterator[Received]:
    while (begins := await reader.readexactly(1)) != _HANDSHAKE:
        head = begins + await reader.readuntil(b"\r\n\r\n")
        first, *lines = head.decode().strip().split("\r\n")
        method, path, _ = first.split(" ")
        parted = (each.partition(":") for each in lines)
        headers = {name.lower(): value.strip() for name, _, value in parted}
        content = await reader.readexactly(int(headers.get("content-length", 0)))
        body = json.loads(content) if content else None
        yield Received(method, path, headers, body, len(content), connection)

    writer.write(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n")


_HANDSHAKE = b"\x16"
"""With this encryption begins, and no request."""


def _head(answer: Answer) -> bytes:
    headers = {"Content-Type": answer.type, "Transfer-Encoding": "chunked", **answer.headers}
    lines = [f"HTTP/1.1 {answer.status} So", *(f"{name}: {headers[name]}" for name in headers)]
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


def _framed(piece: bytes) -> bytes:
    return b"%x\r\n%b\r\n" % (len(piece), piece)
