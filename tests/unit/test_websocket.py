"""The way to another machine's WebSocket, and the sentences about what bars it."""

from __future__ import annotations

import asyncio
import logging
import socket
import ssl
import traceback
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.certificates import Authority
from tests.fake_xai import KEY, Fault, raw_server, running
from xtalk_edge.engines.xai.access import Access, access_of
from xtalk_edge.engines.xai.line import Line, open_line
from xtalk_edge.errors import UplinkError, UplinkLostError
from xtalk_edge.net import websocket
from xtalk_edge.tasks import TaskOwner


@pytest.fixture(autouse=True)
def key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XAI_API_KEY", KEY)


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture
def free_port() -> Iterator[int]:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        yield taken.getsockname()[1]


def access(url: str, *, ca_file: Path | str = "", pinned_sha256: str = "") -> Access:
    return access_of(
        "asr", url, "env:XAI_API_KEY", ca_file=str(ca_file), pinned_sha256=pinned_sha256
    )


def greeting(to: Access) -> str:
    """Return the kind of the first message from there."""

    async def scene() -> str:
        tasks = TaskOwner()
        line: Line = await open_line(to, {"sample_rate": "16000"}, "audio")
        try:
            return (await line.receive(5.0)).kind
        finally:
            line.leave(tasks)
            await tasks.aclose()

    return asyncio.run(scene())


@pytest.mark.parametrize(
    ("status", "words", "again"),
    [(400, "does not understand the request", False), (401, "does not accept the key", False),
     (402, "wants to be paid", False), (403, "does not allow this", False),
     (404, "nothing at this address", False), (429, "too many requests", False),
     (418, r"does not open .* \(HTTP 418\)", False), (302, "want you to log in", False),
     (200, "does not open a WebSocket", False), (500, r"cannot serve .* \(HTTP 500\)", True),
     (503, "cannot serve", True)],
)  # fmt: skip
def test_a_refusal_says_what_to_do(status, words, again):
    with running() as server:
        server.faults.append(Fault("upgrade", code=status))
        with pytest.raises(UplinkError, match=words) as caught:
            greeting(access(server.url("stt")))
    assert isinstance(caught.value, UplinkLostError) is again


def test_a_wrong_key_is_not_accepted(monkeypatch):
    monkeypatch.setenv("XAI_API_KEY", "another")
    with running() as server, pytest.raises(UplinkError, match="does not accept the key"):
        greeting(access(server.url("stt")))


def test_where_nobody_listens(free_port):
    with pytest.raises(UplinkLostError, match=r"nothing listens at 127\.0\.0\.1"):
        greeting(access(f"ws://127.0.0.1:{free_port}/v1/stt"))


def test_where_there_is_no_such_host():
    with pytest.raises(UplinkLostError, match=r"the name nowhere\.invalid is not known"):
        greeting(access("wss://nowhere.invalid/v1/stt"))


PORTAL = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 5\r\n\r\n<html"


@pytest.mark.parametrize(
    ("answer", "words"),
    [(PORTAL, "want you to log in"), (b"SSH-2.0-OpenSSH_9.6\r\n", "no WebSocket server"),
     (b"HTTP/1.1 101 Switching Protocols\r\n\r\n", "no WebSocket server"),
     (b"\x15\x03\x01\x00\x02\x02\x16", "hung up at once")],
)  # fmt: skip
def test_what_is_no_websocket(answer, words):
    with raw_server(answer) as port, pytest.raises(UplinkError, match=words):
        greeting(access(f"ws://127.0.0.1:{port}/v1/stt"))


@pytest.mark.parametrize(("answer", "pause_s"), [(b"", 0.0), (b"HTTP/1.1 101" * 99, 0.02)])
def test_who_says_nothing_or_says_it_slowly_is_left(monkeypatch, answer, pause_s):
    monkeypatch.setattr("xtalk_edge.engines.xai.line.CONNECT_S", 0.2)
    slow = pytest.raises(UplinkLostError, match=r"127\.0\.0\.1:[0-9]+ does not answer")
    with raw_server(answer, pause_s) as port, slow:
        greeting(access(f"ws://127.0.0.1:{port}/v1/stt"))


def test_who_does_not_encrypt():
    with running() as server, pytest.raises(UplinkError, match=r"does not encrypt|hung up at once"):
        greeting(access(f"wss://127.0.0.1:{server.port}/v1/stt"))


def test_a_certificate_of_ones_own_authority_is_believed(authority):
    certificate = authority.issue()
    with running(certificate.context()) as server:
        assert greeting(access(server.url("stt"), ca_file=authority.ca_file)) == (
            "transcript.created"
        )
        pinned = access(server.url("stt"), ca_file=authority.ca_file, pinned_sha256=certificate.pin)
        assert greeting(pinned) == "transcript.created"


@pytest.mark.parametrize(
    "wrong",
    [{"to_days": -0.5}, {"from_days": 0.5}, {"host": "elsewhere.example"}, {"self_signed": True}],
    ids=lambda each: next(iter(each)),
)
def test_a_wrong_certificate_is_not_believed(authority, wrong):
    certificate = authority.issue(**wrong)
    with running(certificate.context()) as server:
        with pytest.raises(UplinkError, match=r"certificate of 127\.0\.0\.1"):
            greeting(access(server.url("stt"), ca_file=authority.ca_file))
        assert not server.seen


def test_the_systems_authorities_are_asked_where_none_is_named(authority):
    unknown = pytest.raises(UplinkError, match=r"set asr\.ca_file to its authority")
    with running(authority.issue().context()) as server, unknown:
        greeting(access(server.url("stt")))


def test_a_server_with_another_certificate_than_the_pinned_one_gets_no_key(authority):
    with running(authority.issue().context()) as server:
        wrong = access(server.url("stt"), ca_file=authority.ca_file, pinned_sha256="ab" * 32)
        with pytest.raises(UplinkError, match="another key than the pinned one"):
            greeting(wrong)
        assert not server.seen


@pytest.mark.parametrize(
    ("proxy", "words"),
    [("http://owner:word@127.0.0.1:{port}", r"proxy does not let .* through to xai\.example:443"),
     ("ftp://owner:word@127.0.0.1", "the proxy in https_proxy is none")],
)  # fmt: skip
def test_a_proxy_that_does_not_work_is_told(monkeypatch, proxy, words):
    with raw_server(b"HTTP/1.1 407 Proxy Authentication Required\r\n\r\n") as port:
        monkeypatch.setenv("https_proxy", proxy.format(port=port))
        with pytest.raises(UplinkError, match=words) as caught:
            greeting(access("wss://xai.example/v1/stt"))
    shown = "".join(traceback.format_exception(caught.value))
    assert "owner:word" not in shown, "a proxy's password is nobody's to see"


def test_a_line_says_whether_it_is_there_and_free():
    async def scene(url: str) -> list[bool]:
        tasks = TaskOwner()
        line = await open_line(access(url), {}, "audio", ping_s=None)
        found = []
        try:
            # The greeting lies there until somebody takes it.
            await line.receive(5.0)
            found += [await line.is_alive(5.0), await line.is_idle()]
        finally:
            line.leave(tasks)
            with pytest.raises(UplinkError):
                await line.receive(5.0)
        return [*found, await line.is_alive(5.0), await line.is_idle()]

    with running() as server:
        assert asyncio.run(scene(server.url("stt"))) == [True, True, False, False]


def test_no_proxy_stands_before_this_machine(monkeypatch, free_port):
    monkeypatch.setenv("HTTP_PROXY", f"http://127.0.0.1:{free_port}")
    monkeypatch.setenv("http_proxy", f"http://127.0.0.1:{free_port}")
    with running() as server:
        assert greeting(access(server.url("stt"))) == "transcript.created"


def test_nothing_is_compressed_and_nothing_is_logged(caplog):
    caplog.set_level(logging.DEBUG)
    with running() as server:
        greeting(access(server.url("stt")))
    assert not [each for each in caplog.records if each.name.startswith(websocket.__name__)]
    ours = [each for each in caplog.records if not each.name.startswith("websockets.server")]
    assert not [each for each in ours if KEY in each.getMessage()]


def test_a_tls_context_is_made_once(authority):
    to = access("wss://127.0.0.1:1/v1/stt", ca_file=authority.ca_file)
    assert isinstance(to.peer.tls, ssl.SSLContext)
    assert access("ws://127.0.0.1:1/v1/stt").peer.tls is None
    assert KEY not in repr(to)
