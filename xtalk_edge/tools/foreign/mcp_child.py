"""The child's side of the MCP servers: the `mcp` package, one task a server, one socket.

It runs in a process of its own: the package takes a second of a laptop's processor to import and
57 MB, holds the interpreter meanwhile, and brings native code. Lines of JSON go both ways; no
result larger than `LONGEST_TEXT_CHARS` crosses. The end of the socket ends the servers too.
"""

from __future__ import annotations

import contextlib
import json
import logging
import math
import signal
import socket
from collections.abc import AsyncIterator
from typing import Any

import anyio
from anyio.abc import SocketStream, TaskGroup
from anyio.streams.buffered import BufferedByteReceiveStream
from mcp import Client, MCPError, StdioServerParameters, stdio_client
from mcp.client.streamable_http import streamable_http_client
from mcp.shared._httpx_utils import create_mcp_http_client
from mcp_types import CONNECTION_CLOSED

LONGEST_LINE_BYTES = 1_000_000
LONGEST_TEXT_CHARS = 4000
"""More is never said nor read; the tool box keeps less still."""

LONGEST_SCHEMA_CHARS = 20_000
"""Of a tool's arguments: none that can be said needs more."""

MOST_TOOLS = 100
MOST_PAGES = 20

CONNECT_LIMIT_S = 20.0
"""A server that `uvx` has to start takes seconds on a small board; later it has hung."""

FIRST_PAUSE_S = 1.0
LONGEST_PAUSE_S = 60.0
"""Pauses between attempts double from the first to the longest."""

HEARTBEAT_S = 30.0
"""How soon a server that was restarted is connected again although nobody asked for it."""


def serve(fd: int, verbose: bool) -> None:
    """Connect servers and call their tools until the parent closes the socket."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if not verbose:
        # The package logs what servers answer, and that may be what the owner said.
        logging.disable(logging.CRITICAL)
    anyio.run(_serve, fd)


async def _serve(fd: int) -> None:
    stream = await SocketStream.from_socket(socket.socket(fileno=fd))
    async with stream, anyio.create_task_group() as tasks:
        child = _Child(stream, tasks)
        await child.tell(ready=True)
        lines = BufferedByteReceiveStream(stream)
        with contextlib.suppress(
            anyio.EndOfStream, anyio.IncompleteRead, anyio.BrokenResourceError
        ):
            while True:
                line = await lines.receive_until(b"\n", LONGEST_LINE_BYTES)
                await child.take(json.loads(line))
        tasks.cancel_scope.cancel()


class _Child:
    """All servers of one appliance."""

    def __init__(self, stream: SocketStream, tasks: TaskGroup) -> None:
        self._stream = stream
        self._tasks = tasks
        self._lock = anyio.Lock()
        self._servers: dict[str, _Server] = {}
        self._calls: dict[int, anyio.CancelScope] = {}

    async def take(self, message: dict[str, Any]) -> None:
        """Do what the parent wants."""
        match message:
            case {"serve": settings}:
                name = settings["name"]
                self._servers[name] = _Server(settings, self)
                self._tasks.start_soon(self._servers[name].keep, name=f"server {name}")
            case {"hold": bool(held)}:
                for server in self._servers.values():
                    server.hold(held)
            case {"call": number, "server": name, "tool": tool, "arguments": arguments}:
                self._tasks.start_soon(self._call, number, name, tool, arguments)
            case {"cancel": number}:
                if number in self._calls:
                    self._calls[number].cancel()

    async def tell(self, **message: Any) -> None:
        """Send the parent a line."""
        line = json.dumps(message).encode() + b"\n"
        async with self._lock:
            with contextlib.suppress(anyio.BrokenResourceError, anyio.ClosedResourceError):
                await self._stream.send(line)

    async def _call(self, number: int, name: str, tool: str, arguments: dict[str, Any]) -> None:
        with anyio.CancelScope() as scope:
            self._calls[number] = scope
            try:
                answer = await self._servers[name].call(tool, arguments)
                await self.tell(answer=number, **answer)
            finally:
                del self._calls[number]


class _Server:
    """One server: connected, lost, connected again."""

    def __init__(self, settings: dict[str, Any], child: _Child) -> None:
        self._settings = settings
        self._name: str = settings["name"]
        self._child = child
        self._client: Client | None = None
        self._lost = anyio.Event()
        self._connection = anyio.CancelScope()
        self._held = bool(settings.get("held"))
        self._released = anyio.Event()

    def hold(self, held: bool) -> None:
        """Keep away from the server, if it is one that runs elsewhere; or go back to it."""
        self._held = held and bool(self._settings["url"])
        if self._held:
            self._connection.cancel()
        else:
            self._released.set()

    async def keep(self) -> None:
        """Connect, and again whenever the connection is lost."""
        pause_s = FIRST_PAUSE_S
        while True:
            await self._until_released()
            self._lost = anyio.Event()
            problem = ""
            try:
                # Around the whole connection: the scopes inside of it must end first.
                with anyio.CancelScope() as scope:
                    self._connection = scope
                    scope.deadline = anyio.current_time() + CONNECT_LIMIT_S
                    async with Client(self._transport()) as client:
                        tools = await _tools(client)
                        scope.deadline = math.inf
                        pause_s = FIRST_PAUSE_S
                        self._client = client
                        await self._child.tell(server=self._name, tools=tools)
                        await self._while_alive(client)
                if scope.cancelled_caught and not self._held:
                    problem = "TimeoutError"
            except Exception as error:  # noqa: BLE001 - a server may fail in any way; others go on
                problem = type(_innermost(error)).__name__
            self._client = None
            if not self._held:
                await self._child.tell(server=self._name, lost=problem)
                await anyio.sleep(pause_s)
                pause_s = min(2 * pause_s, LONGEST_PAUSE_S)

    async def _until_released(self) -> None:
        while self._held:
            self._released = anyio.Event()
            await self._child.tell(server=self._name, held=True)
            await self._released.wait()

    async def call(self, tool: str, arguments: dict[str, Any]) -> dict[str, Any]:
        """Return `{"text", "ok"}`, or `{"lost"}`: "before" the call was made, or "meanwhile"."""
        client = self._client
        if client is None or self._lost.is_set():
            return {"lost": "before"}
        try:
            result = await client.call_tool(tool, arguments)
        except MCPError as error:
            if error.code != CONNECTION_CLOSED:
                return {"text": str(error)[:LONGEST_TEXT_CHARS], "ok": False}
        except Exception:  # noqa: BLE001 - see above; the answer says that it failed
            self._lost.set()
            return {"lost": "meanwhile"}
        else:
            return {"text": _text(result), "ok": not result.is_error}
        self._lost.set()
        return {"lost": "meanwhile"}

    async def _while_alive(self, client: Client) -> None:
        while True:
            with anyio.move_on_after(HEARTBEAT_S):
                await self._lost.wait()
                return
            with anyio.fail_after(CONNECT_LIMIT_S):
                await client.list_tools(cache_mode="bypass")

    @contextlib.asynccontextmanager
    async def _transport(self) -> AsyncIterator[Any]:
        settings = self._settings
        async with contextlib.AsyncExitStack() as stack:
            if settings["url"]:
                http = await stack.enter_async_context(create_mcp_http_client(settings["headers"]))
                connecting = streamable_http_client(settings["url"], http_client=http)
            else:
                program, *arguments = settings["command"]
                parameters = StdioServerParameters(
                    command=program,
                    args=arguments,
                    env=settings["env"],
                    cwd=settings["cwd"] or None,
                    encoding_error_handler="replace",
                )
                connecting = stdio_client(parameters)
            read, write = await stack.enter_async_context(connecting)
            tasks = await stack.enter_async_context(anyio.create_task_group())
            send, receive = anyio.create_memory_object_stream[Any](0)
            tasks.start_soon(self._pass_on, read, send)
            yield receive, write
            tasks.cancel_scope.cancel()

    async def _pass_on(self, read: Any, send: Any) -> None:
        """Hand on what a server says; the end of it is the end of the connection."""
        async with send:
            with contextlib.suppress(anyio.BrokenResourceError, anyio.ClosedResourceError):
                async for message in read:
                    await send.send(message)
        self._lost.set()


async def _tools(client: Client) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    cursor = None
    for _ in range(MOST_PAGES):
        page = await client.list_tools(cursor=cursor)
        records = [_as_record(tool) for tool in page.tools]
        found += [each for each in records if len(json.dumps(each)) < LONGEST_SCHEMA_CHARS]
        cursor = page.next_cursor
        if cursor is None or len(found) >= MOST_TOOLS:
            break
    return found[:MOST_TOOLS]


def _as_record(tool: Any) -> dict[str, Any]:
    annotations = tool.annotations
    return {
        "name": tool.name,
        "description": (tool.description or tool.title or "")[:LONGEST_TEXT_CHARS],
        "schema": tool.input_schema,
        "reads_only": bool(annotations is not None and annotations.read_only_hint),
    }


def _text(result: Any) -> str:
    """Return what a result says, shortened; what cannot be said is told of."""
    texts = [block.text for block in result.content if block.type == "text"]
    if not texts and result.structured_content is not None:
        texts = [json.dumps(result.structured_content, ensure_ascii=False)]
    if not texts and result.content:
        return f"The answer is {result.content[0].type.replace('_', ' ')}, not words."
    return "\n".join(text[:LONGEST_TEXT_CHARS] for text in texts[:20])[:LONGEST_TEXT_CHARS]


def _innermost(error: BaseException) -> BaseException:
    """Return the first error inside of groups."""
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return error
