"""The page's server answers whom it should, and outlives whoever else comes."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import hashlib
import json
import logging
import os
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from tests.raw_http import answer_of, ask_raw, get
from xtalk_edge.errors import DeviceError
from xtalk_edge.net.border import BORDER
from xtalk_edge.net.secret import Secret
from xtalk_edge.service.page import commands, pages, server
from xtalk_edge.service.page.allowance import WRONG_TOKENS
from xtalk_edge.service.page.gate import Gate
from xtalk_edge.service.page.pages import Page
from xtalk_edge.service.page.probes import Probes
from xtalk_edge.service.page.server import MOST_BYTES, MOST_PAGES, PageServer

TOKEN = "xyzzy-plugh"

SPOKEN = ("what", "was", "said")
"""Never in a log."""


@dataclass(frozen=True, slots=True)
class Seen:
    """What was seen of something that is watched."""

    healthy: bool
    detail: str


class Desk:
    """Notes what pages do."""

    def __init__(self) -> None:
        self.asked: list[commands.Command] = []
        self.heard = b""
        self.pages: list[Page] = []
        self.news = asyncio.Event()

    def opened(self, page: Page) -> None:
        self.pages.append(page)
        page.tell({"whole": True})
        self.news.set()

    def left(self, page: Page) -> None:
        self.pages.remove(page)
        self.news.set()

    def obey(self, command: commands.Command, page: Page) -> str:
        if isinstance(command, commands.Say):
            raise RuntimeError(" ".join(SPOKEN))
        self.asked.append(command)
        self.news.set()
        return "That cannot be." if isinstance(command, commands.Stop) else ""

    def hear(self, pcm: bytes, page: Page) -> None:
        self.heard += pcm
        self.news.set()

    async def until(self, wanted: Callable[[], bool]) -> None:
        async with asyncio.timeout(20):
            while not wanted():
                self.news.clear()
                await self.news.wait()


class House:
    """A server, and ways in."""

    def __init__(self, desk: Desk, serving: PageServer, port: int) -> None:
        self.desk, self.serving, self.port = desk, serving, port

    async def visit(self, **more: Any) -> ClientConnection:
        return await connect(
            f"ws://localhost:{self.port}/ws", host="127.0.0.1", compression=None, **more
        )

    async def page(self, token: str = "") -> ClientConnection:
        """Open a page as the page does, and wait until it is shown everything."""
        line = await self.visit(origin=f"http://localhost:{self.port}")
        await line.send(json.dumps({"do": "hello", "token": token}))
        assert json.loads(await line.recv()) == {"whole": True}
        return line


@contextlib.asynccontextmanager
async def house(token: str = "", **probes: Any) -> AsyncIterator[House]:
    desk = Desk()
    serving = PageServer(desk, Gate(True), Secret(token), Probes(**probes))
    port = await serving.start("127.0.0.1", 0)
    try:
        yield House(desk, serving, port)
    finally:
        async with asyncio.timeout(20):
            await serving.aclose()


def at_home(test: Callable[[House], Awaitable[None]]) -> Callable[[], None]:
    """Make a test of a coroutine function that needs a house without a token."""

    def run() -> None:
        async def inside() -> None:
            async with house() as home:
                await test(home)

        asyncio.run(inside())

    run.__name__ = test.__name__
    return run


async def end_of(line: ClientConnection) -> tuple[int, str]:
    """Return why a page was shown out."""
    with pytest.raises(ConnectionClosed):
        async with asyncio.timeout(20):
            while True:
                await line.recv()
    return line.close_code or 0, line.close_reason or ""


# -- plain requests ----------------------------------------------------------------------------


@at_home
async def test_the_page_runs_what_is_in_it_and_nothing_else(home: House) -> None:
    page = await get(home.port)
    assert page.status == 200
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert page.headers["x-frame-options"] == "DENY"
    assert page.headers["x-content-type-options"] == "nosniff"
    assert page.headers["cache-control"] == "no-store"
    assert "server" not in page.headers
    text, policy = page.body.decode(), page.headers["content-security-policy"]
    for element in ("script", "style"):
        (inside,) = re.findall(rf"<{element}>(.*?)</{element}>", text, re.DOTALL)
        digest = base64.b64encode(hashlib.sha256(inside.encode()).digest()).decode()
        assert f"{element}-src 'sha256-{digest}'" in policy
    assert policy.startswith("default-src 'none'; ")
    assert "unsafe" not in policy
    # Nothing comes from elsewhere, and nothing runs that the policy would not let.
    assert not re.search(r"""(?:src|href|action)=["']?(?:https?:)?//""", text)
    assert not re.search(r"<[^>]+ (?:on\w+|style)=", text)
    assert "innerHTML" not in text


@at_home
async def test_what_is_not_there_is_said_in_a_sentence(home: House) -> None:
    for path, status in (("/nothing", 404), ("/healthz", 404), ("/metrics", 404), ("/..", 404)):
        answer = await get(home.port, path)
        assert answer.status == status
        assert answer.body.decode().strip().endswith(".")
        assert answer.headers["content-type"].startswith("text/plain")


@at_home
async def test_other_machines_names_and_other_pages_are_refused(home: House) -> None:
    assert (await get(home.port, host="evil.example")).status == 421
    assert (await get(home.port, "/", "Origin: http://evil.example")).status == 403
    assert (await get(home.port, "/", "Host: localhost")).status == 421
    with pytest.raises(InvalidStatus) as refused:
        await home.visit(origin="http://evil.example")
    assert refused.value.response.status_code == 403
    with pytest.raises(InvalidStatus) as refused:
        await connect(f"ws://evil.example:{home.port}/ws", host="127.0.0.1")
    assert refused.value.response.status_code == 421
    assert home.desk.pages == []


@pytest.mark.usefixtures("impatient")
@at_home
async def test_hostile_requests_cost_a_connection_and_no_more(home: House) -> None:
    for request in (
        b"\0\1\2\3\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: localhost\r\nX: " + b"x" * 100_000 + b"\r\n\r\n",
        b"GET /" + b"a" * 100_000 + b" HTTP/1.1\r\n\r\n",
        b"GET / HTTP/1.1\r\n" + b"X: y\r\n" * 5_000 + b"\r\n",
        b"GET / HTTP/9.9\r\nHost: localhost\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 99\r\n\r\n",
        b"DELETE / HTTP/1.1\r\nHost: localhost\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        b"GET /ws HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        os.urandom(4_000) + b"\r\n\r\n",
    ):
        answer = await ask_raw(home.port, request)
        assert answer == b"" or answer_of(answer).status >= 400
    assert (await get(home.port)).status == 200


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the server wait for nobody for long."""
    monkeypatch.setattr(server, "HELLO_S", 0.3)


@pytest.mark.usefixtures("impatient")
def test_who_only_holds_the_line_is_left() -> None:
    async def run() -> None:
        async with house() as home:
            assert await ask_raw(home.port, b"GET / HT") == b""
            line = await home.visit()
            assert (await end_of(line))[0] in (1000, 1006)

    asyncio.run(run())


def test_more_connections_than_there_are_places_for_are_broken_off(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(server, "MOST_CONNECTIONS", 3)

    async def run() -> None:
        async with house() as home:
            held = [await home.page() for _ in range(3)]
            assert await ask_raw(home.port, b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n") == b""
            await held[0].close()
            await home.desk.until(lambda: len(home.desk.pages) == 2)
            assert (await get(home.port)).status == 200
            for line in held:
                await line.close()

    asyncio.run(run())


# -- probes ------------------------------------------------------------------------------------


def test_probes_answer_what_they_are_told() -> None:
    well = True

    async def run() -> None:
        nonlocal well
        async with house(
            verdict=lambda: {"loop": Seen(True, ""), "capture": Seen(well, "no sound")},
            figures=lambda: "xtalk_edge_turns_total 3\n",
        ) as home:
            answer = await get(home.port, "/healthz")
            assert answer.status == 200
            assert json.loads(answer.body)["healthy"] is True
            well = False
            answer = await get(home.port, "/healthz")
            assert (answer.status, answer.body.count(b"\n")) == (503, 1)
            assert json.loads(answer.body) == {
                "healthy": False,
                "checks": {
                    "loop": {"healthy": True, "detail": ""},
                    "capture": {"healthy": False, "detail": "no sound"},
                },
            }
            answer = await get(home.port, "/metrics?x=y")
            assert answer.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8"
            assert answer.body == b"xtalk_edge_turns_total 3\n"

    asyncio.run(run())


def test_a_probe_that_fails_is_no_end(caplog: pytest.LogCaptureFixture) -> None:
    def fail() -> Any:
        raise ValueError(" ".join(SPOKEN))

    async def run() -> None:
        async with house(verdict=fail, figures=fail) as home:
            assert (await get(home.port, "/healthz")).status == 500
            assert (await get(home.port, "/metrics")).status == 500

    asyncio.run(run())
    assert "health failed: ValueError" in caplog.text
    assert " ".join(SPOKEN) not in caplog.text


# -- pages -------------------------------------------------------------------------------------


@at_home
async def test_pages_are_told_and_ask(home: House) -> None:
    first, second = await home.page(), await home.page()
    home.serving.tell({"floor": "listening"})
    assert json.loads(await first.recv()) == json.loads(await second.recv())
    await first.send('{"do": "mute", "on": true}')
    await first.send(b"\1\2" * 320)
    await home.desk.until(lambda: len(home.desk.heard) == 640)
    assert home.desk.asked == [commands.Mute(True)]
    await second.send('{"do": "stop"}')
    assert json.loads(await second.recv()) == {"trouble": "That cannot be."}
    await second.send('{"do": "dance"}')
    assert "must be one of" in json.loads(await second.recv())["trouble"]
    await first.close()
    await home.desk.until(lambda: len(home.desk.pages) == 1)
    await second.close()


@at_home
async def test_the_eleventh_page_is_told_why_it_is_none(home: House) -> None:
    opened = [await home.page() for _ in range(MOST_PAGES)]
    line = await home.visit()
    await line.send('{"do": "hello"}')
    assert await end_of(line) == (4503, "10 pages are open already; close one of them.")
    await opened.pop().close()
    await home.desk.until(lambda: len(home.desk.pages) == MOST_PAGES - 1)
    opened.append(await home.page())
    for page in opened:
        await page.close()


@at_home
async def test_hostile_frames_end_their_own_line_only(home: House) -> None:
    steady = await home.page()
    for frame, code in (
        (b"\x83\x80\0\0\0\0", 1002),  # a kind that there is not
        (b"\x81\x02hi", 1002),  # not masked
        (b"\xf1\x80\0\0\0\0", 1002),  # bits that nobody agreed on
        (b"\x81\xff" + b"\xff" * 8 + b"\0" * 4, 1009),  # longer than anything
        (b"\x81\xfe\xff\xff\0\0\0\0" + b"x" * 65_535, 1009),  # longer than allowed
        (b"\x81\x82\0\0\0\0\xff\xfe", 1007),  # no text
        (b"\x89\xfe\x00\x7e\0\0\0\0" + b"x" * 126, 1002),  # a ping that is too long
        (b"\x80\x80\0\0\0\0", 1002),  # the rest of nothing
    ):
        line = await home.page()
        line.transport.write(frame)
        assert (await end_of(line))[0] == code
    for words in ('{"do": "ask"', "[" * 7_000, '{"do": "volume", "percent": -1}'):
        await steady.send(words)
        assert "must be" in json.loads(await steady.recv())["trouble"]
    too_long = await home.page()
    await too_long.send("x" * (MOST_BYTES + 1))
    assert (await end_of(too_long))[0] == 1009
    home.serving.tell({"still": "here"})
    assert json.loads(await steady.recv()) == {"still": "here"}
    await steady.close()


@at_home
async def test_who_does_not_say_hello_is_shown_out(home: House) -> None:
    for first, reason in (
        ('{"do": "mute", "on": true}', "A page says hello first."),
        (b"\0\0", "A page says hello first."),
        ("hello", "a message must be a JSON object"),
    ):
        line = await home.visit()
        await line.send(first)
        assert await end_of(line) == (1008, reason)
    assert home.desk.asked == []


@at_home
async def test_too_many_messages_and_too_much_sound_are_too_much(home: House) -> None:
    talker, singer = await home.page(), await home.page()
    with contextlib.suppress(ConnectionClosed):
        for _ in range(1_000):
            await talker.send('{"do": "press"}')
    assert await end_of(talker) == (1008, "That was too much at once.")
    assert 40 <= len(home.desk.asked) < 500
    with contextlib.suppress(ConnectionClosed):
        for _ in range(100):
            await singer.send(b"\0" * 8_000)
    assert (await end_of(singer))[0] == 1008
    assert len(home.desk.heard) < 400_000


@at_home
async def test_a_page_that_takes_nothing_is_left(home: House) -> None:
    deaf = await home.page()
    deaf.transport.pause_reading()
    for _ in range(200):
        home.serving.tell({"text": "x" * 50_000})
        await asyncio.sleep(0)
    await home.desk.until(lambda: not home.desk.pages)
    deaf.transport.abort()


def test_a_page_that_breaks_something_is_no_end(caplog: pytest.LogCaptureFixture) -> None:
    async def run() -> None:
        async with house() as home:
            line = await home.page()
            await line.send('{"do": "say", "text": "hush"}')
            await end_of(line)
            (await home.page()).transport.abort()

    asyncio.run(run())
    assert "a page failed: RuntimeError" in caplog.text
    assert " ".join(SPOKEN) not in caplog.text


def test_at_the_end_pages_are_told_goodbye() -> None:
    async def run() -> None:
        async with house() as home:
            line = await home.page()
        assert await end_of(line) == (1001, "The device is ending.")

    asyncio.run(run())


def test_a_port_that_is_taken_is_told_in_a_sentence() -> None:
    async def run() -> None:
        async with house() as home:
            other = PageServer(Desk(), Gate(True), Secret(""), Probes())
            with pytest.raises(DeviceError, match=rf"port {home.port} .*another program has it"):
                await other.start("127.0.0.1", home.port)
            await other.aclose()
            with pytest.raises(DeviceError, match=r"cannot be had"):
                await other.start("192.0.2.1", 8380)

    asyncio.run(run())


# -- what leaves the machine -------------------------------------------------------------------


def test_what_goes_to_another_machine_passes_the_border(monkeypatch: pytest.MonkeyPatch) -> None:
    async def run() -> None:
        async with house() as home:
            here = await home.page()
            assert BORDER.take() == []
            monkeypatch.setattr(pages, "peer_of", lambda _connection: "192.168.1.7")
            there = await home.page()
            await home.desk.until(lambda: len(home.desk.pages) == 2)
            home.desk.pages[1].send(b"\0" * 640)
            assert {(each.host, each.kind, each.n_bytes) for each in BORDER.take()} == {
                ("192.168.1.7", "text", len('{"whole":true}')),
                ("192.168.1.7", "audio", 640),
            }
            BORDER.allow(["text"])
            home.desk.pages[1].send(b"\0" * 640)
            assert BORDER.take() == []
            BORDER.offline = True
            home.serving.tell({"floor": "asleep"})
            await home.desk.until(lambda: len(home.desk.pages) == 1)
            assert json.loads(await here.recv()) == {"floor": "asleep"}
            again = await home.visit()
            await again.send('{"do": "hello"}')
            code, reason = await end_of(again)
            assert (code, "the device is offline" in reason) == (4403, True)
            assert BORDER.take() == []
            await here.close()
            there.transport.abort()

    asyncio.run(run())


# -- the token ---------------------------------------------------------------------------------


def test_with_a_token_only_who_knows_it_comes_in(caplog: pytest.LogCaptureFixture) -> None:
    async def run() -> None:
        async with house(TOKEN, figures=lambda: "up 1\n") as home:
            # The page itself tells nothing of the device.
            assert (await get(home.port)).status == 200
            assert TOKEN not in (await get(home.port)).body.decode()
            assert (await get(home.port, "/metrics")).status == 401
            right = await get(home.port, "/metrics", f"Authorization: Bearer {TOKEN}")
            assert right.status == 200
            await (await home.page(TOKEN)).close()
            for wrong in ("", "x", TOKEN + "x", "\ud800"):
                line = await home.visit()
                await line.send(json.dumps({"do": "hello", "token": wrong}))
                assert (await end_of(line))[0] == 4401

    with caplog.at_level(logging.DEBUG):
        asyncio.run(run())
    # The visitor's own library writes down everything.
    ours = [each for each in caplog.records if not each.name.startswith("websockets.client")]
    assert not [each for each in ours if TOKEN in each.getMessage()]


def test_who_guesses_is_held_up_also_with_the_right_one() -> None:
    async def run() -> None:
        async with house(TOKEN, figures=lambda: "up 1\n") as home:
            for number in range(WRONG_TOKENS):
                wrong = await get(home.port, "/metrics", f"Authorization: Bearer {number}")
                assert wrong.status == 401
            right = f"Authorization: Bearer {TOKEN}"
            assert (await get(home.port, "/metrics", right)).status == 429
            line = await home.visit()
            await line.send(json.dumps({"do": "hello", "token": TOKEN}))
            assert await end_of(line) == (4429, server.TOO_MANY)

    asyncio.run(run())
