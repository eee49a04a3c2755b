"""Real MCP servers, written with the package's own server class, through pipes and HTTP."""

import asyncio
import contextlib
import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from tests.unit.tool_parts import make_context
from xtalk_edge.config.places import StoreConfig
from xtalk_edge.config.schema import Config
from xtalk_edge.config.tools import McpServerConfig, ToolsConfig
from xtalk_edge.engines.interfaces import ToolCall
from xtalk_edge.net.border import BORDER
from xtalk_edge.tools.foreign.mcp import mcp_servers
from xtalk_edge.tools.registry import RESULT_LIMIT_CHARS, ToolBox

pytest.importorskip("mcp")


SERVER = str(Path(__file__).parents[1] / "data" / "mcp_server.py")
PATIENCE_S = 60.0
"""A busy machine takes many seconds to import the package, in the child and in the server."""


def config(tmp_path, *servers):
    return Config(tools=ToolsConfig(mcp=servers), store=StoreConfig(state_dir=str(tmp_path)))


@contextlib.asynccontextmanager
async def tool_box(tmp_path, *servers):
    async with mcp_servers(config(tmp_path, *servers)) as found:
        box = ToolBox(await found.tools(["switch"]), make_context(None))
        async with contextlib.aclosing(box):
            yield box


async def say(box, name, **arguments):
    return (await box.run(ToolCall(name, arguments))).content


async def said_at_last(box, name, wanted, **arguments):
    """Call until the answer is the wanted one: a server takes its time to come back."""
    async with asyncio.timeout(PATIENCE_S):
        while (answer := await say(box, name, **arguments)) != wanted:
            assert answer.startswith("Sorry, "), answer
            await asyncio.sleep(0.1)


def is_running(pid):
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def test_a_server_through_pipes_whatever_it_does(tmp_path, monkeypatch, caplog):
    monkeypatch.setenv("ODD_TOKEN", "given")
    monkeypatch.setenv("ODD_SECRET", "not given")
    odd = McpServerConfig(
        name="odd",
        command=(sys.executable, SERVER, "stdio"),
        env=("ODD_TOKEN",),
        limit_s=PATIENCE_S,
        wait_s=PATIENCE_S,
    )
    hasty = McpServerConfig(name="hasty", command=odd.command, allow=("slow",), limit_s=0.5,
                            wait_s=PATIENCE_S)  # fmt: skip

    async def go():
        async with tool_box(tmp_path, odd, hasty) as box:
            assert "tool beyond is left out, because its argument steps" in caplog.text
            assert {"warmth", "odd_switch", "odd_slow", "hasty_slow"} <= set(box.names())
            assert "beyond" not in box.names()
            assert not box.has_effects("warmth")
            assert box.has_effects("odd_switch")
            assert await say(box, "warmth", room="hall", decimals=1) == "21 degrees in the hall"
            assert (
                await say(box, "odd_switch", device="lamp", on=True) == "device lamp and state on"
            )
            assert await say(box, "refuse") == "Sorry, odd says: the door is open"
            assert await say(box, "fail") == "Sorry, odd could not do that."
            assert len(await say(box, "big")) < RESULT_LIMIT_CHARS + 20
            injected = await say(box, "inject")
            assert injected.startswith("Nice.")
            assert not set("<>|[]{}\n") & set(injected)
            token, secret, pid = (await say(box, "environment")).split()
            assert (token, secret) == ("given", "None")
            assert await say(box, "hasty_slow") == "Sorry, that took too long."
            lost = "Sorry, odd stopped answering, and I don't know whether it has done it."
            assert await say(box, "crash") == lost
            assert await say(box, "warmth", room="hall") in (
                "Sorry, odd is not available right now.",
                "21 degrees in the hall",
            )
            await said_at_last(box, "warmth", "21 degrees in the hall", room="hall")
            _, _, again = (await say(box, "environment")).split()
            assert again != pid
            assert is_running(int(again))
        assert not is_running(int(again))

    asyncio.run(go())


@contextlib.contextmanager
def http_server(port):
    process = subprocess.Popen(
        [sys.executable, SERVER, str(port)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def test_a_server_elsewhere_that_goes_and_comes_back(tmp_path):
    port = free_port()
    far = McpServerConfig(
        name="far", url=f"http://127.0.0.1:{port}/mcp", limit_s=PATIENCE_S, wait_s=PATIENCE_S
    )
    warm = "21 degrees in the hall"

    async def first():
        async with tool_box(tmp_path, far) as box:
            assert await say(box, "warmth", room="hall") == warm
            assert len(await say(box, "big")) < RESULT_LIMIT_CHARS + 20
            BORDER.offline = True
            offline = await say(box, "warmth", room="hall")
            BORDER.offline = False
            assert offline == "Sorry, I can't ask far: I'm offline."
            await said_at_last(box, "warmth", warm, room="hall")
            assert {each.kind for each in BORDER.take()} == {"tools"}
            server.kill()
            server.wait()
            assert (await say(box, "warmth", room="hall")).startswith("Sorry, far ")
            with http_server(port):
                await said_at_last(box, "warmth", warm, room="hall")

    async def without_it():
        async with tool_box(tmp_path, far) as box:
            assert "warmth" in box.names()
            assert await say(box, "warmth", room="hall") == "Sorry, far is not available right now."

    with http_server(port) as server:
        # The first attempt may come before it listens; the wait is for any attempt's success.
        wait_until_listening(server, port)
        asyncio.run(first())
    asyncio.run(without_it())


def wait_until_listening(server, port):
    while server.poll() is None:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1.0):
            return
    raise AssertionError("the server ended")


def test_a_server_that_will_not_end_does_not_outlive_a_killed_appliance(tmp_path):
    program = tmp_path / "appliance.py"
    pids = tmp_path / "pids"
    program.write_text(
        f"""
import asyncio, sys
from xtalk_edge.config.schema import *
from xtalk_edge.config.tools import McpServerConfig
from xtalk_edge.net.border import BORDER
from xtalk_edge.tools.foreign.mcp import mcp_servers
async def main():
    stubborn = "import os, signal, time; signal.signal(15, signal.SIG_IGN);" \\
        "open({str(pids)!r}, 'a').write(str(os.getpid()) + chr(10)); time.sleep(600)"
    server = McpServerConfig(name="stubborn", command=(sys.executable, "-c", stubborn))
    store = StoreConfig(state_dir={str(tmp_path)!r})
    config = Config(tools=ToolsConfig(mcp=(server,)), store=store)
    async with mcp_servers(config):
        await asyncio.sleep(600)
asyncio.run(main())
"""
    )
    appliance = subprocess.Popen([sys.executable, str(program)])

    async def go():
        async with asyncio.timeout(PATIENCE_S):
            while not pids.exists() or "\n" not in pids.read_text():  # noqa: ASYNC110
                await asyncio.sleep(0.05)
            appliance.kill()
            appliance.wait()
            pid = int(pids.read_text())
            while is_running(pid):  # noqa: ASYNC110
                await asyncio.sleep(0.05)

    try:
        asyncio.run(go())
    finally:
        appliance.kill()
        appliance.wait()
