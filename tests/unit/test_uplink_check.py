"""`xtalk-edge uplink check` finds out what a server is, and what is wrong on the way to it."""

from __future__ import annotations

import asyncio
import json
import re
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from websockets.asyncio.server import ServerConnection, serve

from tests.certificates import Authority
from tests.fake_xtalk import (
    CAPTIVE_PORTAL,
    TURN_POINTS,
    Close,
    Deed,
    FakeXTalk,
    Fault,
    Generation,
    HalfOpen,
    Http,
    Kill,
    Point,
    Raw,
    Reset,
    Say,
    Stall,
)
from xtalk_edge.cli import uplink
from xtalk_edge.cli.main import run
from xtalk_edge.config.uplink import UplinkConfig
from xtalk_edge.net.border import BORDER
from xtalk_edge.uplink.check import visit as visiting
from xtalk_edge.uplink.check.report import Checkup, report
from xtalk_edge.uplink.check.visit import visit
from xtalk_edge.uplink.xtalk import door as xtalk_door
from xtalk_edge.uplink.xtalk import login as xtalk_login

GENERATIONS: tuple[Generation, ...] = ("G1", "G1.5", "G2", "G3")


@pytest.fixture(autouse=True)
def no_proxies(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "https_proxy", "all_proxy", "ws_proxy", "wss_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


def look(server: FakeXTalk, *, tries: bool = True, **settings: object) -> Checkup:
    """Check a server."""

    async def go() -> Checkup:
        async with server:
            config = UplinkConfig(url=server.url, **settings)  # type: ignore[arg-type]
            return report(await visit(config, lambda _: None, tries=tries))

    return asyncio.run(asyncio.wait_for(go(), 60.0))


def check(url: str, **settings: object) -> Checkup:
    """Check an address."""
    config = UplinkConfig(url=url, **settings)  # type: ignore[arg-type]
    return report(asyncio.run(asyncio.wait_for(visit(config, lambda _: None), 60.0)))


# -- what it is, and what it can do ------------------------------------------------------------


@pytest.mark.parametrize(
    ("generation", "what"),
    [
        ("G1", "an early X-Talk server (G1), with the plugin"),
        ("G1.5", "an early X-Talk server (G1.5), with the plugin"),
        ("G2", "a late X-Talk server (G2), with the plugin"),
        ("G3", "a late X-Talk server (G3), with the plugin"),
    ],
)
def test_with_the_plugin_each_can_do_everything(generation: Generation, what: str) -> None:
    found = look(FakeXTalk(generation, plugin=True))
    assert found.what == what
    assert found.can == {"full": True, "agent": True, "tts": True}
    assert found.wrong == ()
    assert found.round_trip_ms is not None
    assert found.first_word_ms is not None
    assert found.first_sound_ms is not None


@pytest.mark.parametrize("generation", GENERATIONS)
@pytest.mark.slow
def test_without_it_the_plugin_is_named(generation: Generation) -> None:
    found = look(FakeXTalk(generation))
    assert found.can == {"full": True, "agent": generation == "G3", "tts": False}
    assert "install the plugin" in found.missing["tts"]
    assert ("agent" in found.missing) == (generation != "G3")


def test_nothing_is_asked_if_nothing_is_to_be_tried() -> None:
    server = FakeXTalk("G3", plugin=True)
    found = look(server, tries=False)
    assert found.is_usable
    assert not {"submit_text", "speak"}.intersection(server.received.actions())


def test_the_words_that_leave_are_counted() -> None:
    BORDER.take()
    server = FakeXTalk("G1", plugin=True)
    look(server)
    asked = server.received.of("submit_text") + server.received.of("speak")
    (sent,) = BORDER.take()
    assert (sent.host, sent.kind) == ("127.0.0.1", "text")
    assert sent.n_bytes >= sum(len(str(said.data["text"])) for said in asked)


def test_a_device_that_is_offline_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(BORDER, "offline", True)
    found = look(FakeXTalk("G1"))
    assert "go online" in found.wrong[0]


@pytest.mark.slow
def test_a_busy_server_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(visiting, "QUEUED_S", 0.1)
    found = look(FakeXTalk("G1", queue=(3, 2), queue_ends=False))
    assert "number 2 of those who wait" in found.wrong[0]
    assert look(FakeXTalk("G1", queue=(1,), plugin=True)).is_usable, "a place was free at once"


def test_a_server_without_a_voice_still_thinks() -> None:
    found = look(FakeXTalk("G1", plugin=True, has_tts=False))
    assert found.can == {"full": False, "agent": True, "tts": False}
    assert "it reports an error: TTS model is not configured" in found.wrong


def test_an_ipv6_server_is_reached() -> None:
    if not _has_ipv6():
        pytest.skip("this machine has no IPv6")
    assert look(FakeXTalk("G1", plugin=True, host="::1")).is_usable


# -- what is wrong with it ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"sound": "wav"}, "WAV files of 16,000 Hz where plain sound of 48,000 Hz is due"),
        ({"clock_offset_s": 3.16e8}, "its clock is 10 years ahead of the device's"),
    ],
)
def test_a_server_that_works_may_have_something_wrong(
    changes: dict[str, object], words: str
) -> None:
    found = look(FakeXTalk("G1", plugin=True, **changes))  # type: ignore[arg-type]
    assert found.is_usable
    assert any(words in each for each in found.wrong)


@pytest.mark.parametrize(
    ("said", "words"),
    [
        (b'{"action": "session_info", "data": {}}', "a binary message where text is due"),
        ("no json {", "without sense"),
    ],
)
def test_messages_without_sense_are_told(said: bytes | str, words: str) -> None:
    server = FakeXTalk("G1", plugin=True, faults=[Fault(Point.READY, Say(said))])
    found = look(server)
    assert found.is_usable
    assert any(words in each for each in found.wrong)


@pytest.mark.parametrize(
    ("at", "deed", "words"),
    [
        (Point.UPGRADE, CAPTIVE_PORTAL, "want you to log in first"),
        (Point.UPGRADE, Http("403 Forbidden"), "the path in uplink.url may be wrong"),
        (Point.UPGRADE, Http("401 Unauthorized"), "wants another token"),
        (Point.UPGRADE, Http("502 Bad Gateway"), "HTTP 502"),
        (Point.UPGRADE, Raw(b"SSH-2.0-OpenSSH_9.6\r\n\r\n"), "no WebSocket server"),
        (Point.UPGRADE, Kill(), "hung up at once"),
        (Point.ACCEPT, Reset(), "hung up at once"),
        (Point.HELLO, Close(1008, "Unauthorized"), "does not accept the token"),
        (Point.HELLO, Close(1011), "the server failed"),
        (Point.HELLO, Kill(), "broke off"),
        (Point.READY, Close(1012), "being started anew"),
    ],
)
def test_a_server_that_cannot_be_used_is_told_why(at: Point, deed: Deed, words: str) -> None:
    found = look(FakeXTalk("G1", faults=[Fault(at, deed)]))
    assert not found.is_usable
    assert words in found.wrong[0]


@pytest.mark.parametrize("point", [Point.FIRST_TEXT, Point.MID_AUDIO])
def test_a_server_that_is_lost_while_it_is_tried_is_told(point: Point) -> None:
    assert point in TURN_POINTS
    server = FakeXTalk("G1", plugin=True, faults=[Fault(point, Kill())], finish_resp="late")
    found = look(server)
    assert any("broke off" in each for each in found.wrong)


def test_a_server_that_falls_silent_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(visiting, "READY_S", 0.1)
    monkeypatch.setattr(visiting, "PINGS_S", 0.1)
    found = look(FakeXTalk("G1", faults=[Fault(Point.HELLO, HalfOpen())]))
    assert "says nothing" in found.wrong[0]


@pytest.mark.slow
def test_a_websocket_of_something_else_is_told() -> None:
    async def echo(connection: ServerConnection) -> None:
        async for message in connection:
            await connection.send(message)

    async def go() -> Checkup:
        async with serve(echo, "127.0.0.1", 0) as server:
            port = next(iter(server.sockets)).getsockname()[1]
            config = UplinkConfig(url=f"ws://127.0.0.1:{port}/ws")
            return report(await visit(config, lambda _: None))

    found = asyncio.run(asyncio.wait_for(go(), 30.0))
    assert not found.is_usable
    assert "no X-Talk server answers there" in found.wrong[0]


# -- what is wrong on the way ------------------------------------------------------------------


@pytest.mark.parametrize("generation", ["G2", "G3"])
def test_a_token_that_is_not_accepted_is_told(
    generation: Generation, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("STALE", "an expired one")
    found = look(FakeXTalk(generation), token="env:STALE")
    assert "does not accept the token, or it has expired" in found.wrong[0]
    monkeypatch.setenv("FRESH", "bearer-of-the-test")
    assert look(FakeXTalk(generation, plugin=True, login=False), token="env:FRESH").is_usable


@pytest.mark.parametrize(
    ("how", "words"),
    [
        ({}, ""),
        ({"to_days": -0.5}, "has expired, if today is"),
        ({"from_days": 3_650.0, "to_days": 3_660.0}, "is not valid yet, if today is"),
        ({"host": "elsewhere.example"}, "is for another name"),
        ({"self_signed": True}, "set uplink.ca_file to its authority"),
    ],
)
def test_certificates_are_looked_at(how: dict[str, object], words: str, tmp_path: Path) -> None:
    authority = Authority(tmp_path)
    certificate = authority.issue(**how)  # type: ignore[arg-type]
    server = FakeXTalk("G1", plugin=True, tls=certificate.context())
    found = look(server, ca_file=str(authority.ca_file))
    assert found.is_usable == (not words)
    assert words in "".join(found.wrong)


def test_a_port_that_does_not_encrypt_is_told() -> None:
    class AsIfEncrypted(FakeXTalk):
        @property
        def url(self) -> str:
            return super().url.replace("ws://", "wss://")

    assert "does not encrypt" in look(AsIfEncrypted("G1")).wrong[0]


def test_nothing_that_listens_is_told() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    assert "nothing listens at" in check(f"ws://127.0.0.1:{port}/ws").wrong[0]


def test_a_name_that_is_not_known_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(*_args: object, **_kwargs: object) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    assert "is not known" in check("wss://nowhere.example/ws").wrong[0]


def test_a_proxy_that_refuses_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    async def go() -> Checkup:
        wants_a_name = Fault(Point.UPGRADE, Http("407 Proxy Authentication Required"))
        async with FakeXTalk("G1", faults=[wants_a_name]) as proxy:
            monkeypatch.setenv("https_proxy", f"http://127.0.0.1:{proxy.port}")
            config = UplinkConfig(url="wss://voice.example/ws")
            return report(await visit(config, lambda _: None))

    found = asyncio.run(asyncio.wait_for(go(), 30.0))
    assert "the proxy does not let the device through" in found.wrong[0]
    (note,) = found.notes
    assert note.startswith("the way leads through the proxy 127.0.0.1:")


def test_no_proxy_is_on_the_way_to_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    found = look(FakeXTalk("G1", plugin=True))
    assert found.is_usable
    assert not any("proxy" in note for note in found.notes)


@pytest.mark.parametrize(
    "proxy", ["socks5h://127.0.0.1:9", "nonsense", "http://[::1", "ftp://127.0.0.1:9"]
)
def test_a_proxy_that_is_none_is_told(proxy: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("https_proxy", proxy)
    assert "proxy" in check("wss://voice.example/ws").wrong[0]


# -- the command -------------------------------------------------------------------------------


@contextmanager
def served(server: FakeXTalk) -> Iterator[FakeXTalk]:
    """Run a server in a thread of its own, so that a command can be run beside it."""
    ready, over = threading.Event(), threading.Event()

    async def go() -> None:
        async with server:
            ready.set()
            await asyncio.to_thread(over.wait)

    thread = threading.Thread(target=asyncio.run, args=(go(),))
    thread.start()
    assert ready.wait(10.0)
    try:
        yield server
    finally:
        over.set()
        thread.join(10.0)


@pytest.fixture(autouse=True)
def own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STATE_DIRECTORY", str(tmp_path))
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))


def test_an_owner_reads_what_the_server_is(capsys: pytest.CaptureFixture[str]) -> None:
    with served(FakeXTalk("G1", plugin=True)) as server:
        assert run(["uplink", "check", server.url]) == 0
    said = capsys.readouterr().out
    assert "is          an early X-Talk server (G1), with the plugin" in said
    assert "agent       yes, it thinks" in said
    assert said.endswith("It can be used: full, agent, tts.\n")


@pytest.mark.slow
def test_a_program_reads_it_too(capsys: pytest.CaptureFixture[str]) -> None:
    with served(FakeXTalk("G3", clock_offset_s=-9e8)) as server:
        assert run(["uplink", "check", server.url, "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["usable"] is True
    assert told["can"] == {"full": True, "agent": True, "tts": False}
    assert "plugin" in told["missing"]["tts"]
    assert "29 years behind" in told["wrong"][0]
    assert told["round_trip_ms"] > 0


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["voice.example"], "is no address"),
        (["https://voice.example/ws"], "begins with wss:// or ws://"),
        (["wss://ann:secret@voice.example/ws"], "ends up in logs"),
        (["ws://voice.example/ws"], "can be read by anybody on the way"),
        (["wss://127.0.0.1:1/ws", "--token", "the-token-itself"], "say where the secret is kept"),
        (["wss://127.0.0.1:1/ws", "--token", "env:NOT_THERE"], "NOT_THERE is not set"),
        (["wss://127.0.0.1:1/ws", "--ca-file", "/nowhere.pem"], "cannot be read"),
    ],
)
def test_what_is_wrong_with_the_question_is_told(
    arguments: list[str], words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["uplink", "check", *arguments]) == 1
    said = capsys.readouterr()
    assert words in said.out
    assert "the-token-itself" not in said.out + said.err
    assert "It cannot be used." in said.out


def test_without_an_address_it_is_the_server_of_the_settings(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert run(["uplink", "check"]) == 2
    assert "set uplink.url" in capsys.readouterr().err
    monkeypatch.setenv("OWN", "bearer-of-the-test")
    with served(FakeXTalk("G3", plugin=True, login=False)) as server:
        own = ["--set", f"uplink.url={server.url}", "--set", "uplink.token=env:OWN"]
        assert run(["uplink", "check", *own]) == 0
        assert server.connections[-1].headers["authorization"] == "Bearer bearer-of-the-test"
        with served(FakeXTalk("G1", plugin=True)) as other:
            assert run(["uplink", "check", other.url, *own]) == 0
            assert all("authorization" not in each.headers for each in other.connections), (
                "the settings' token is for the settings' server alone"
            )


def test_what_it_sends_is_in_the_ledger_and_offline_is_nothing(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with served(FakeXTalk("G1", plugin=True)) as server:
        assert run(["uplink", "check", server.url]) == 0
        assert run(["privacy", "--json", "--offline"]) == 0
        (sent,) = json.loads(capsys.readouterr().out.splitlines()[-1])["sent"]
        assert (sent["host"], sent["kind"]) == ("127.0.0.1", "text")
        asked = server.received.of("submit_text") + server.received.of("speak")
        assert sent["bytes"] >= sum(len(str(said.data["text"])) for said in asked)
        n_connections = len(server.connections)
        assert run(["uplink", "check", server.url]) == 1
        assert 'say "go online"' in capsys.readouterr().out
        assert len(server.connections) == n_connections


@pytest.mark.slow
def test_where_no_words_may_leave_none_do() -> None:
    with served(FakeXTalk("G1", plugin=True)) as server:
        silent = ["--set", 'uplink.cloud_allowed=["audio"]']
        assert run(["uplink", "check", server.url, *silent]) == 0
        assert run(["uplink", "check", server.url, "--no-trial"]) == 0
        assert not {"submit_text", "speak"}.intersection(server.received.actions())


def test_an_owner_who_waits_is_told_what_for(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(uplink, "REMINDED_EVERY_S", 0.05)
    monkeypatch.setattr(uplink, "TOLD_EVERY_S", 0.1)
    monkeypatch.setattr(xtalk_login, "LOGIN_S", 0.1)
    monkeypatch.setattr(xtalk_door, "LIMITS", replace(xtalk_door.LIMITS, open_s=0.5))
    with served(FakeXTalk("G1", faults=[Fault(Point.UPGRADE, Stall())])) as server:
        assert run(["uplink", "check", server.url, "--json"]) == 1
    said = capsys.readouterr()
    assert re.search(rf"connecting to 127.0.0.1:{server.port}, \d s\n", said.err)
    assert "does not answer" in json.loads(said.out)["wrong"][0]


def test_help_teaches(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["uplink", "--help"]) == 0
    assert "xtalk-edge uplink check wss://" in capsys.readouterr().out
    assert run(["uplink", "check", "--help"]) == 0
    assert "Exit codes: 0" in capsys.readouterr().out


def _has_ipv6() -> bool:
    try:
        with socket.create_server(("::1", 0), family=socket.AF_INET6):
            return True
    except OSError:
        return False
