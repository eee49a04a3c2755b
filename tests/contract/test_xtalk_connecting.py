"""How the client gets to a server, in every generation, and what it says when it does not."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from websockets.asyncio.client import ClientConnection

from tests.certificates import Authority
from tests.clocks import in_real_time
from tests.fake_xtalk import (
    CAPTIVE_PORTAL,
    Close,
    Deed,
    Drip,
    FakeXTalk,
    Fault,
    HalfOpen,
    Http,
    Kill,
    Point,
    Raw,
    Reset,
    Say,
    Stall,
    reply,
)
from tests.uplink_parts import all_of, client_of, connected
from xtalk_edge.config.uplink import UplinkConfig
from xtalk_edge.errors import ConfigError, UplinkError
from xtalk_edge.net import websocket
from xtalk_edge.net.backoff import Backoff
from xtalk_edge.net.border import BORDER
from xtalk_edge.uplink.xtalk import door as xtalk_door
from xtalk_edge.uplink.xtalk import heartbeat as xtalk_heartbeat
from xtalk_edge.uplink.xtalk.client import XTalkClient
from xtalk_edge.uplink.xtalk.generation import EARLY, LATE

FEW = reply("One.", "Two.", audio_ms=10)
NEVER_AGAIN = Backoff(first_s=1_000.0, longest_s=1_000.0)

# -- hello, login, attach ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("generation", "traits", "generations"),
    [
        ("G1", {}, EARLY),
        ("G1.5", {}, EARLY),
        ("G2", {}, LATE),
        ("G3", {}, LATE),
        ("G2", {"hello": "none", "token": "", "login": False}, LATE),
        ("G2", {"token": ""}, LATE),
    ],
)
@in_real_time
async def test_a_session_begins(generation: Any, traits: Any, generations: Any) -> None:
    server = FakeXTalk(generation, **traits)
    async with server, connected(server.url) as client:
        assert client.lines["full"].generations == generations
        assert client.trouble == ""


@in_real_time
async def test_a_token_is_got_by_login_and_shown() -> None:
    async with FakeXTalk("G3") as server, connected(server.url):
        assert server.logins == 1
        assert server.connections[-1].headers["authorization"] == "Bearer bearer-of-the-test"


def test_the_owners_own_token_is_shown_and_no_other_asked_for(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("UPLINK_TOKEN", "mine")

    async def main() -> None:
        server = FakeXTalk("G3", token="mine")
        async with server, connected(server.url, token="env:UPLINK_TOKEN"):
            assert server.logins == 0

    asyncio.run(main())


def test_a_wrong_token_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("UPLINK_TOKEN", "wrong")

    async def main() -> None:
        async with (
            FakeXTalk("G3") as server,
            client_of(server.url, token="env:UPLINK_TOKEN") as watched,
        ):
            trouble = await watched.trouble()
            assert "does not accept the token" in trouble
            assert "uplink.token" in trouble
            assert "wrong" not in trouble

    asyncio.run(main())


@in_real_time
async def test_a_token_that_expired_is_asked_for_anew() -> None:
    server = FakeXTalk("G3")
    async with server, client_of(server.url) as watched:
        await watched.until(lambda client: client.abilities)
        expired = Fault(Point.HELLO, Close(1008, "Unauthorized"), connection=3)
        server.faults.append(expired)
        await server.strike(Kill())
        await watched.trouble("does not accept the token")
        await watched.until(lambda client: client.abilities)
        assert server.logins == 2


@in_real_time
async def test_a_session_is_gone_on_with_after_a_loss() -> None:
    server = FakeXTalk("G3")
    async with server, connected(server.url, "agent") as client:
        await all_of(client.answer("what time is it"))
        await server.strike(Kill())
        first, second = [await server.sent.wait("session_attached", nth=nth) for nth in (1, 2)]
        asked = server.received.of("attach_session")
        assert [each.data["session_id"] for each in asked] == [None, first.data["session_id"]]
        assert first.data == second.data
        assert server.logins == 1


@in_real_time
async def test_a_session_that_is_connected_elsewhere_is_waited_for() -> None:
    server = FakeXTalk("G3")
    async with server, client_of(server.url) as watched:
        await watched.until(lambda client: client.abilities)
        server.faults.append(
            Fault(Point.HELLO, Close(1013, "Session already connected"), connection=3)
        )
        await server.strike(Kill())
        await watched.trouble("already connected elsewhere")
        await watched.until(lambda client: client.abilities)


@in_real_time
async def test_a_session_that_cannot_be_gone_on_with_is_let_go() -> None:
    server = FakeXTalk("G3")
    async with server, client_of(server.url) as watched:
        await watched.until(lambda client: client.abilities)
        server.faults += [
            Fault(Point.HELLO, Close(1011), connection=number) for number in (3, 4, 5, 6)
        ]
        await server.strike(Kill())
        await server.received.wait(
            lambda said: (
                said.action == "attach_session"
                and said.connection > 2
                and said.data["session_id"] is None
            )
        )
        await watched.until(lambda client: client.abilities)


@in_real_time
async def test_the_queue_is_told_to_the_owner() -> None:
    server = FakeXTalk("G1", queue=(2, 1), queue_every_s=0.05)
    async with server, client_of(server.url) as watched:
        trouble = await watched.trouble("number 2")
        assert trouble.startswith("the server is busy: it serves 1 at a time")
        assert watched.client.abilities == frozenset()
        await watched.trouble("number 1")
        await watched.until(lambda client: client.abilities)


@in_real_time
async def test_the_clocks_are_compared() -> None:
    server = FakeXTalk("G1", clock_offset_s=3e8)
    async with server, connected(server.url):
        sync = await server.received.wait("clock_sync")
        sent, received = sync.data["client_send_ts"], sync.data["client_recv_ts"]
        assert isinstance(sent, float)
        assert isinstance(received, float)
        assert 0 < received - sent < 5
        assert sync.data["server_recv_ts"] == pytest.approx(sent + 3e8, abs=5)


# -- the network -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("ws://nowhere.localhost.invalid/ws", ""),
        ("wss://127.0.0.1:1/ws", "nothing listens at 127.0.0.1:1"),
        ("ws://[::1]:1/ws", "nothing listens at [::1]:1"),
    ],
)
@in_real_time
async def test_nobody_is_there(url: str, words: str) -> None:
    async with client_of(url, allow_plain=True) as watched:
        assert words in await watched.trouble()


@pytest.mark.parametrize(
    ("deed", "words"),
    [
        (CAPTIVE_PORTAL, "wants you to log in first|may want you to log in first"),
        (Http("302 Found", "", {"Location": "http://portal.example/"}), "web page"),
        (Http("401 Unauthorized"), "wants another token"),
        (Http("403 Forbidden"), "the path in uplink.url may be wrong"),
        (Http("404 Not Found"), "nothing at this path"),
        (Http("503 Service Unavailable"), "cannot serve at the moment"),
        (Http("418 I'm a teapot"), "does not open a WebSocket"),
        (Raw(b"SSH-2.0-OpenSSH_9.6\r\n"), "is no WebSocket server"),
        (Kill(), "hung up at once"),
        (Reset(), "hung up at once"),
    ],
)
@in_real_time
async def test_what_answers_is_no_xtalk_server(deed: Deed, words: str) -> None:
    server = FakeXTalk("G1", faults=[Fault(Point.UPGRADE, deed)])
    async with server, client_of(server.url, backoff=NEVER_AGAIN) as watched:
        trouble = await watched.trouble()
        assert any(each in trouble for each in words.split("|")), trouble
        assert trouble.isprintable()


@in_real_time
async def test_a_wrong_path() -> None:
    server = FakeXTalk("G1")
    async with server, client_of(server.url + "/elsewhere", backoff=NEVER_AGAIN) as watched:
        assert "the usual one is /ws" in await watched.trouble()


@pytest.mark.parametrize(
    ("code", "words"),
    [
        (1000, "ended the conversation"),
        (1001, "shutting down"),
        (1002, "WebSocket protocol"),
        (1003, "does not take what the device sends"),
        (1007, "WebSocket protocol"),
        (1008, "does not accept the token"),
        (1009, "too big"),
        (1011, "the server failed"),
        (1012, "started anew"),
        (1013, "connected elsewhere"),
        (3456, "code 3456"),
    ],
)
@in_real_time
async def test_each_code_of_closing_is_a_sentence(code: int, words: str) -> None:
    server = FakeXTalk("G1", faults=[Fault(Point.HELLO, Close(code, "a\x07b"))])
    async with server, client_of(server.url, backoff=NEVER_AGAIN) as watched:
        trouble = await watched.trouble()
        assert words in trouble
        assert trouble.endswith("(a b)")


@pytest.mark.parametrize("code", [1004, 1005, 1006, 1015])
@in_real_time
async def test_codes_that_nobody_may_send(code: int) -> None:
    server = FakeXTalk("G1", faults=[Fault(Point.HELLO, Close(code))])
    async with server, client_of(server.url, backoff=NEVER_AGAIN) as watched:
        assert "WebSocket protocol" in await watched.trouble()


def test_a_server_that_takes_too_long(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(xtalk_door, "LIMITS", replace(xtalk_door.LIMITS, open_s=0.1))

    async def main() -> None:
        server = FakeXTalk("G1", faults=[Fault(Point.UPGRADE, Stall(), connection=2)])
        async with server, client_of(server.url, backoff=NEVER_AGAIN) as watched:
            assert "does not answer" in await watched.trouble()

    asyncio.run(main())


def test_a_connection_that_is_dead_without_a_word(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(xtalk_door, "LIMITS", replace(xtalk_door.LIMITS, ping_s=0.1))
    monkeypatch.setattr(websocket, "CLOSE_S", 0.1)

    async def main() -> None:
        server = FakeXTalk("G1")
        async with server, client_of(server.url) as watched:
            await watched.until(lambda client: client.abilities)
            freezing = asyncio.ensure_future(server.strike(HalfOpen()))
            assert "server" in await watched.trouble()
            await watched.until(lambda client: client.abilities)
            freezing.cancel()

    asyncio.run(main())


def test_a_server_that_answers_pings_of_the_network_only(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(xtalk_heartbeat, "PING_EVERY_S", 0.05)
    monkeypatch.setattr(xtalk_heartbeat, "PONG_WITHIN_S", 0.05)

    async def main() -> None:
        server = FakeXTalk("G1")
        async with server, client_of(server.url, backoff=NEVER_AGAIN) as watched:
            await server.received.wait("clock_sync")
            stalling = asyncio.ensure_future(server.strike(Stall()))
            server.connections[-1].wire.freeze()
            assert "does not answer any more" in await watched.trouble()
            stalling.cancel()

    asyncio.run(main())


@in_real_time
async def test_a_slow_server_is_waited_for() -> None:
    server = FakeXTalk("G3", replies=FEW, faults=[Fault(Point.HELLO, Drip(5_000))])
    async with server, connected(server.url, "agent") as client:
        assert await all_of(client.answer("what time is it")) == ["One.", " Two."]


@in_real_time
async def test_garbage_in_place_of_frames() -> None:
    server = FakeXTalk("G1", faults=[Fault(Point.READY, Raw(b"\xff" * 64))])
    async with server, client_of(server.url, backoff=NEVER_AGAIN) as watched:
        assert "WebSocket protocol" in await watched.trouble("protocol")


@in_real_time
async def test_sound_before_the_greeting_is_no_reason_to_leave() -> None:
    server = FakeXTalk("G1", faults=[Fault(Point.HELLO, Say(bytes(960)))])
    async with server, connected(server.url):
        pass


# -- TLS ---------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("certificates"))


def trouble_with(tls: ssl.SSLContext, **settings: Any) -> str:
    async def main() -> str:
        server = FakeXTalk("G1", tls=tls)
        async with server, client_of(server.url, backoff=NEVER_AGAIN, **settings) as watched:
            return await watched.trouble()

    return asyncio.run(main())


def test_a_server_that_is_believed(authority: Authority) -> None:
    good = authority.issue()

    async def main() -> None:
        server = FakeXTalk("G3", tls=good.context())
        async with server, connected(server.url, ca_file=str(authority.ca_file)):
            assert server.logins == 1

    asyncio.run(main())


@pytest.mark.parametrize(
    ("days", "words"),
    [((-9.0, -1.0), "has expired"), ((1.0, 9.0), "is not valid yet")],
)
def test_a_certificate_out_of_its_time_may_be_the_clocks_fault(
    authority: Authority, days: tuple[float, float], words: str
) -> None:
    bad = authority.issue(from_days=days[0], to_days=days[1])
    trouble = trouble_with(bad.context(), ca_file=str(authority.ca_file))
    assert words in trouble
    assert "clock is wrong" in trouble


def test_a_certificate_of_another_name(authority: Authority) -> None:
    bad = authority.issue("elsewhere.example")
    assert "for another name" in trouble_with(bad.context(), ca_file=str(authority.ca_file))


@pytest.mark.parametrize("self_signed", [True, False])
def test_a_certificate_that_nobody_vouches_for(authority: Authority, self_signed: bool) -> None:
    bad = authority.issue(self_signed=self_signed)
    assert "set uplink.ca_file" in trouble_with(bad.context())


def test_a_server_that_does_not_encrypt() -> None:
    async def main() -> str:
        plain = Fault(Point.ACCEPT, Raw(b"HTTP/1.1 400 Bad Request\r\n\r\n"))
        async with FakeXTalk("G1", faults=[plain]) as server:
            url = server.url.replace("ws://", "wss://")
            async with client_of(url, backoff=NEVER_AGAIN) as watched:
                return await watched.trouble()

    assert "does not encrypt" in asyncio.run(main())


def test_a_server_with_another_certificate_than_the_pinned_one_gets_no_token(
    authority: Authority, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("UPLINK_TOKEN", "secret")

    async def main() -> None:
        server = FakeXTalk("G3", tls=authority.issue().context())
        settings = {"ca_file": str(authority.ca_file), "pinned_sha256": "0" * 64}
        async with (
            server,
            client_of(
                server.url, backoff=NEVER_AGAIN, token="env:UPLINK_TOKEN", **settings
            ) as watched,
        ):
            assert "pinned" in await watched.trouble()
        assert all("authorization" not in each.headers for each in server.connections)

    asyncio.run(main())


def test_a_login_at_another_server_than_the_pinned_one_is_refused(authority: Authority) -> None:
    tls = authority.issue().context()
    settings = {"ca_file": str(authority.ca_file), "pinned_sha256": "0" * 64}
    assert "pinned" in trouble_with(tls, **settings)


# -- the owner ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "settings",
    [
        {"url": "wss//forgotten"},
        {"url": "https://server.example/ws"},
        {"url": "ws://server.example/ws"},
        {"url": "wss://server.example/ws", "ca_file": "/nowhere.pem"},
        {"url": "wss://server.example/ws", "token": "env:NOT_SET_ANYWHERE"},
    ],
)
def test_a_wrong_setting_is_told_at_once(settings: dict[str, Any]) -> None:
    with pytest.raises(ConfigError, match=r"uplink\."):
        XTalkClient(UplinkConfig(**settings))


def test_a_client_is_wanted_for_what_the_settings_do_not_turn_off() -> None:
    config = UplinkConfig(url="ws://127.0.0.1/ws", agent="prefer", tts="race")
    assert set(XTalkClient(config).lines) == {"agent", "tts"}


def test_a_token_that_vanishes_is_told(tmp_path: Path) -> None:
    file = tmp_path / "token"
    file.write_text("bearer-of-the-test\n")
    file.chmod(0o600)

    async def main() -> None:
        server = FakeXTalk("G3")
        async with server, client_of(server.url, token=f"file:{file}") as watched:
            await watched.until(lambda client: client.abilities)
            file.unlink()
            await server.strike(Kill())
            await watched.trouble("cannot be read")
            file.write_text("bearer-of-the-test\n")
            file.chmod(0o600)
            await watched.until(lambda client: client.abilities)

    asyncio.run(main())


@pytest.fixture
def _online_again() -> Iterator[None]:
    yield
    BORDER.offline = False


@pytest.mark.usefixtures("_online_again")
@in_real_time
async def test_who_is_offline_does_not_connect_until_told() -> None:
    BORDER.offline = True
    server = FakeXTalk("G1")
    async with server, client_of(server.url, backoff=NEVER_AGAIN) as watched:
        assert "because you asked for it" in await watched.trouble()
        assert server.connections == []
        BORDER.offline = False
        await watched.until(lambda client: client.abilities)
        BORDER.offline = True
        assert "because you asked for it" in await watched.trouble()
        await server.until(lambda: server.n_open == 0)


@pytest.mark.usefixtures("_online_again")
@in_real_time
async def test_going_offline_while_it_connects_ends_the_connection(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    opening = xtalk_door.Door.open

    async def slow(door: xtalk_door.Door) -> tuple[ClientConnection, bool]:
        opened = await opening(door)
        BORDER.offline = True
        return opened

    monkeypatch.setattr(xtalk_door.Door, "open", slow)
    server = FakeXTalk("G1")
    async with server, client_of(server.url, backoff=NEVER_AGAIN) as watched:
        assert "because you asked for it" in await watched.trouble()
        await server.until(lambda: server.n_open == 0)


@in_real_time
async def test_nothing_is_answered_before_there_is_a_session() -> None:
    client = XTalkClient(UplinkConfig(url="ws://127.0.0.1:1/ws", agent="prefer"))
    with pytest.raises(UplinkError, match="being made"):
        await anext(client.answer("hello"))
    await client.aclose()
