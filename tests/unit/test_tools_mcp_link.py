"""The child process, in its place one that does as it is told at once."""

import asyncio
import os
from typing import Any

import pytest

from xtalk_edge.tools.foreign import mcp_link
from xtalk_edge.tools.foreign.mcp_link import McpLink

CHILD = """
import json, socket, sys
end = socket.socket(fileno=int(sys.argv[1]))
stream, back = end.makefile("r"), end.makefile("w")
def tell(**message):
    print(json.dumps(message), file=back, flush=True)
tell(ready=True)
for line in stream:
    message = json.loads(line)
    match message:
        case {"serve": {"name": name, "url": what}}:
            if what == "there":
                tell(server=name, tools=[{"name": "a"}])
            elif what == "down":
                tell(server=name, lost="OSError")
                tell(server=name, lost="OSError")
        case {"call": number, "tool": "echo", "arguments": arguments}:
            tell(answer=number, text=json.dumps(arguments), ok=True)
        case {"call": _, "tool": "die"}:
            sys.exit(1)
        case {"call": _, "tool": "garble"}:
            print("{", file=back, flush=True)
        case {"cancel": number}:
            tell(server="home", tools=[{"name": f"cancelled {number}"}])
"""


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    monkeypatch.setattr(mcp_link, "_CHILD", CHILD)
    monkeypatch.setattr(mcp_link, "FIRST_PAUSE_S", 0.01)


def with_link(work, *servers):
    async def go():
        told: asyncio.Queue[Any] = asyncio.Queue()
        settings = [{"name": name, "url": what} for name, what in servers]
        link = McpLink(settings, lambda *each: told.put_nowait(each))
        link.start()
        try:
            for name, what in servers:
                await link.heard_of(name, 30.0 if what != "silent" else 0.01)
            return await work(link, told)
        finally:
            await link.aclose()
            assert link._process is None

    return asyncio.run(go())


def test_calls_are_answered_side_by_side():
    async def work(link, told):
        assert told.get_nowait() == ("home", [{"name": "a"}])
        calls = [link.call("home", "echo", {"n": n}) for n in range(5)]
        return [answer["text"] for answer in await asyncio.gather(*calls)]

    assert with_link(work, ("home", "there")) == [f'{{"n": {n}}}' for n in range(5)]


@pytest.mark.slow
def test_a_server_that_is_down_is_said_to_be_so_once(caplog):
    async def work(link, _told):
        return await link.call("home", "echo", {})

    assert with_link(work, ("home", "down"), ("quiet", "silent")) == {"lost": "before"}
    assert caplog.text.count("home is not available (OSError)") == 1


@pytest.mark.parametrize("how", ["die", "garble"])
@pytest.mark.slow
def test_a_child_that_fails_is_started_again(how, caplog):
    async def work(link, told):
        first = link._process.pid
        assert await link.call("home", how, {}) == {"lost": "meanwhile"}
        assert await told.get() == await told.get()
        assert link._process.pid != first
        return await link.call("home", "echo", {})

    assert with_link(work, ("home", "there"))["ok"]
    assert "started again" in caplog.text


@pytest.mark.slow
def test_a_call_that_is_given_up_is_cancelled_at_the_server():
    async def work(link, told):
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.05):
                await link.call("home", "nothing", {})
        await told.get()
        return await told.get()

    assert with_link(work, ("home", "there")) == ("home", [{"name": "cancelled 1"}])


def test_a_child_that_is_still_loading_is_not_waited_for(monkeypatch):
    monkeypatch.setattr(mcp_link, "_CHILD", "import time; time.sleep(60)")
    monkeypatch.setattr(mcp_link, "LOAD_LIMIT_S", 0.01)
    monkeypatch.setattr(mcp_link, "CLOSE_LIMIT_S", 60.0)

    async def work(link, _told):
        return link._process.pid

    pid = with_link(work, ("home", "there"))
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


@pytest.mark.slow
def test_a_child_that_will_not_end_is_killed(monkeypatch):
    monkeypatch.setattr(mcp_link, "_CHILD", CHILD + "\nimport time; time.sleep(60)")
    monkeypatch.setattr(mcp_link, "CLOSE_LIMIT_S", 0.05)

    async def work(link, _told):
        return link._process.pid

    pid = with_link(work, ("home", "there"))
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)
