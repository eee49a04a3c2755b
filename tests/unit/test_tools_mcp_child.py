"""The child's side in this process, with servers that need no process of their own."""

import asyncio
import contextlib
import json
import socket
import types
from typing import cast

import pytest

pytest.importorskip("mcp")

from mcp import Client, MCPError
from mcp.server import MCPServer
from mcp_types import CONNECTION_CLOSED, ToolAnnotations

from xtalk_edge.tools.foreign import mcp_child

server = MCPServer("odd")


@server.tool(annotations=ToolAnnotations(read_only_hint=True))
def warmth(room: str) -> str:
    """Tell how warm a room is."""
    return f"21 degrees in the {room}"


@server.tool()
async def slow() -> str:
    """Take for ever."""
    await asyncio.sleep(3600)
    return "never"


@server.tool()
def fail() -> str:
    """Fail."""
    raise ValueError("a private word")


class Parent:
    """What the appliance does: it writes lines and reads lines."""

    def __init__(self, reader, writer):
        self._reader = reader
        self._writer = writer

    def tell(self, **message):
        self._writer.write(json.dumps(message).encode() + b"\n")

    async def next(self):
        async with asyncio.timeout(20):
            return json.loads(await self._reader.readline())

    async def serve(self, name="home"):
        self.tell(serve={"name": name})
        return await self.next()

    async def call(self, number, tool, server="home", **arguments):
        self.tell(call=number, server=server, tool=tool, arguments=arguments)
        return await self.next()


def with_child(monkeypatch, work, connect=lambda _server: server):
    monkeypatch.setattr(mcp_child._Server, "_transport", connect)
    monkeypatch.setattr(mcp_child, "FIRST_PAUSE_S", 0.01)

    async def go():
        ours, theirs = socket.socketpair()
        reader, writer = await asyncio.open_connection(sock=ours)
        parent = Parent(reader, writer)
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(mcp_child._serve(theirs.detach()))
            assert await parent.next() == {"ready": True}
            result = await work(parent)
            writer.close()
            with contextlib.suppress(OSError):
                await writer.wait_closed()
        return result

    return asyncio.run(go())


@pytest.mark.slow
def test_a_server_s_tools_are_told_and_called(monkeypatch):
    async def work(parent):
        told = await parent.serve()
        assert told["server"] == "home"
        assert [tool["name"] for tool in told["tools"]] == ["warmth", "slow", "fail"]
        assert [tool["reads_only"] for tool in told["tools"]] == [True, False, False]
        assert told["tools"][0]["schema"]["required"] == ["room"]
        answer = {"answer": 1, "text": "21 degrees in the hall", "ok": True}
        assert await parent.call(1, "warmth", room="hall") == answer
        failed = await parent.call(2, "fail")
        assert not failed["ok"]
        assert not (await parent.call(3, "nothing"))["ok"]

    with_child(monkeypatch, work)


def test_a_call_that_is_given_up_ends_and_others_go_on(monkeypatch):
    async def work(parent):
        await parent.serve()
        parent.tell(call=1, server="home", tool="slow", arguments={})
        parent.tell(cancel=1)
        parent.tell(cancel=99)
        assert (await parent.call(2, "warmth", room="hall"))["answer"] == 2

    with_child(monkeypatch, work)


def test_a_server_that_cannot_be_reached_is_tried_again(monkeypatch):
    attempts = []

    def connect(_server):
        attempts.append(1)
        if len(attempts) < 3:
            raise ExceptionGroup("several", [ConnectionRefusedError("no")])
        return server

    async def work(parent):
        assert await parent.serve() == {"server": "home", "lost": "ConnectionRefusedError"}
        parent.tell(call=1, server="home", tool="warmth", arguments={})
        told = [await parent.next() for _ in range(3)]
        assert {"answer": 1, "lost": "before"} in told
        assert "tools" in told[-1]

    with_child(monkeypatch, work, connect)


def test_a_connection_that_breaks_in_a_call_is_made_anew(monkeypatch):
    async def work(parent):
        await parent.serve()
        with monkeypatch.context() as broken:
            broken.setattr(Client, "call_tool", _closed)
            told = [await parent.call(1, "warmth", room="hall")]
            told += [await parent.next() for _ in range(2)]
        assert {"answer": 1, "lost": "meanwhile"} in told
        assert {"server": "home", "lost": ""} in told
        assert "tools" in told[-1]
        assert (await parent.call(2, "warmth", room="hall"))["ok"]

    with_child(monkeypatch, work)


async def _closed(*_args):
    raise MCPError(CONNECTION_CLOSED, "Connection closed")


def test_a_server_that_went_unnoticed_is_missed_at_the_next_heartbeat(monkeypatch):
    monkeypatch.setattr(mcp_child, "HEARTBEAT_S", 0.02)
    beats = []

    async def list_tools(client, **options):
        beats.append(options)
        if len(beats) == 3:
            raise ConnectionResetError
        return types.SimpleNamespace(tools=[], next_cursor=None)

    async def work(parent):
        assert await parent.serve() == {"server": "home", "tools": []}
        assert await parent.next() == {"server": "home", "lost": "ConnectionResetError"}
        assert await parent.next() == {"server": "home", "tools": []}

    monkeypatch.setattr(Client, "list_tools", list_tools)
    with_child(monkeypatch, work)


def test_a_server_that_never_answers_is_given_up(monkeypatch):
    monkeypatch.setattr(mcp_child, "CONNECT_LIMIT_S", 0.02)

    async def list_tools(*_args, **_options):
        await asyncio.sleep(3600)

    async def work(parent):
        assert await parent.serve() == {"server": "home", "lost": "TimeoutError"}

    monkeypatch.setattr(Client, "list_tools", list_tools)
    with_child(monkeypatch, work)


def test_a_server_elsewhere_is_left_alone_while_nothing_may_leave(monkeypatch):
    connections = []

    def connect(_server):
        connections.append(1)
        return server

    async def work(parent):
        parent.tell(serve={"name": "far", "url": "http://far.example", "held": True})
        assert await parent.next() == {"server": "far", "held": True}
        assert not connections
        parent.tell(serve={"name": "near", "url": ""})
        assert "tools" in await parent.next()
        parent.tell(hold=False)
        assert (await parent.next())["server"] == "far"
        assert len(connections) == 2
        parent.tell(hold=True)
        assert await parent.next() == {"server": "far", "held": True}
        # A program of the owner's own goes on.
        assert (await parent.call(1, "warmth", server="near", room="hall"))["ok"]
        assert (await parent.call(2, "warmth", server="far", room="hall"))["lost"] == "before"
        parent.tell(hold=False)
        assert "tools" in await parent.next()
        assert (await parent.call(3, "warmth", server="far", room="hall"))["ok"]

    with_child(monkeypatch, work, connect)


@pytest.mark.slow
def test_endless_lists_of_tools_are_bounded():
    class Endless:
        def __init__(self, size):
            self.size = size

        async def list_tools(self, cursor=None):
            tool = types.SimpleNamespace(
                name="a", description="", title="A", input_schema={"x": "y" * self.size},
                annotations=None,
            )  # fmt: skip
            return types.SimpleNamespace(tools=[tool] * 30, next_cursor="more")

    assert len(asyncio.run(mcp_child._tools(cast(Client, Endless(1))))) == mcp_child.MOST_TOOLS
    assert asyncio.run(mcp_child._tools(cast(Client, Endless(30_000)))) == []


@pytest.mark.parametrize(
    ("blocks", "structured", "text"),
    [
        ([("text", "a"), ("image", ""), ("text", "b")], None, "a\nb"),
        ([], {"a": 1}, '{"a": 1}'),
        ([("image", "")], None, "The answer is image, not words."),
        ([], None, ""),
        ([("text", "x" * 10**6)] * 3, None, "x" * 4000),
    ],
)
def test_what_a_result_says(blocks, structured, text):
    content = [types.SimpleNamespace(type=kind, text=said) for kind, said in blocks]
    result = types.SimpleNamespace(content=content, structured_content=structured)
    assert mcp_child._text(result) == text
