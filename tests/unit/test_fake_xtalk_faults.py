"""The fake X-Talk server misbehaves exactly where and how it is told."""

import asyncio
import json
import ssl
from pathlib import Path

import pytest
from websockets.exceptions import ConnectionClosedError, InvalidMessage, InvalidStatus

from tests.certificates import Authority
from tests.clocks import in_real_time
from tests.fake_xtalk import (
    CAPTIVE_PORTAL,
    TURN_POINTS,
    Close,
    Deed,
    Drip,
    Duplicate,
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
    Swap,
)
from tests.plain_client import client_of

CODES = (1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013)
"""Those that a server may close with."""


def test_there_are_enough_points_in_a_turn() -> None:
    assert len(TURN_POINTS) == 12


@pytest.mark.parametrize("generation", ["G1", "G3"])
@pytest.mark.parametrize("point", TURN_POINTS)
@in_real_time
async def test_a_turn_stands_still_at_each_point(generation: Generation, point: Point) -> None:
    server = FakeXTalk(generation, plugin=True, faults=[Fault(point, Stall(), turn=2)])
    async with server, client_of(server, acknowledges=generation == "G3") as client:
        await client.say("submit_text", text="hello")
        await client.wait("finish_resp")
        await client.wait("tts_finished")
        await client.say("submit_text", text="hello again")
        await server.stalled()
        n_said = len(server.sent.all)
        await client.silence()
        assert len(server.sent.all) == n_said + 1, "only the pong"
        server.release()
        await client.wait("finish_resp", 2)
        await client.wait("tts_finished", 2)


@pytest.mark.parametrize("point", [Point.ACCEPT, Point.UPGRADE])
@in_real_time
async def test_a_connection_stands_still_before_it_is_one(point: Point) -> None:
    async with FakeXTalk("G1", faults=[Fault(point, Stall(), connection=1)]) as server:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.2), client_of(server):
                pass
        async with client_of(server) as client:
            await client.wait("session_info")


@pytest.mark.parametrize("code", CODES)
@in_real_time
async def test_it_closes_with_any_code(code: int) -> None:
    faults = [Fault(Point.MID_TEXT, Close(code, "because"))]
    server = FakeXTalk("G1", plugin=True, faults=faults)
    async with server, client_of(server) as client:
        await client.say("submit_text", text="hello")
        await client.ended()
        assert client.closed is not None and client.closed.rcvd is not None
        assert (client.closed.rcvd.code, client.closed.rcvd.reason) == (code, "because")
        assert "binary" not in client.actions


@pytest.mark.parametrize("deed", [Kill(), Reset(), Close(1006), Raw(b"\xff" * 20)])
@in_real_time
async def test_it_ends_without_a_proper_close(deed: Deed) -> None:
    faults = [Fault(Point.MID_AUDIO, deed)]
    server = FakeXTalk("G1", plugin=True, faults=faults)
    async with server, client_of(server) as client:
        await client.say("submit_text", text="hello")
        await client.ended()
        assert isinstance(client.closed, ConnectionClosedError)
        assert client.closed.rcvd is None
        assert client.actions.count("binary") == 2


@in_real_time
async def test_a_half_open_connection_answers_nothing_and_says_nothing_of_it() -> None:
    async with FakeXTalk("G1") as server, client_of(server) as client:
        await client.wait("session_info")
        await server.strike(HalfOpen())
        waiter = await client.socket.ping()
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(waiter, 0.1)
        assert client.closed is None


@in_real_time
async def test_a_message_may_come_drop_by_drop() -> None:
    faults = [Fault(Point.READY, Drip(2_000))]
    server = FakeXTalk("G1", plugin=True, faults=faults)
    async with server, client_of(server) as client:
        await client.wait("session_info")
        began_s = asyncio.get_running_loop().time()
        await client.say("ping", timestamp=1)
        await client.wait("pong")
        assert asyncio.get_running_loop().time() - began_s > 0.02


@in_real_time
async def test_what_does_not_belong_may_come_anywhere() -> None:
    huge = json.dumps({"action": "update_resp", "data": {"text": "x" * 2**21}})
    rude = Say("no json {", b"\x00\x01", {"action": "fly"}, huge)
    server = FakeXTalk("G1", faults=[Fault(Point.HELLO, rude)])
    async with server, client_of(server) as client:
        await client.wait("session_info")
        assert client.got[:3] == ["no json {", b"\x00\x01", {"action": "fly"}]
        assert client.actions[3:] == ["update_resp", "session_info"]


@in_real_time
async def test_messages_may_come_twice_or_in_the_wrong_order() -> None:
    for deed, wanted in (
        (Duplicate(), ["finish_asr", "finish_asr", "update_resp", "update_resp"]),
        (Swap(), ["update_resp", "finish_asr", "start_tts", "update_resp"]),
    ):
        server = FakeXTalk("G1", plugin=True, faults=[Fault(Point.STOP_TTS, deed)])
        async with server, client_of(server) as client:
            await client.say("submit_text", text="hello")
            await client.wait("binary")
            assert client.actions[2:6] == wanted


@in_real_time
async def test_a_server_may_be_away_and_come_back() -> None:
    async with FakeXTalk("G1") as server:
        async with client_of(server) as client:
            await client.wait("session_info")
            await server.refuse()
            with pytest.raises(ConnectionRefusedError):
                async with client_of(server):
                    pass
            await server.listen()
            async with client_of(server) as second:
                await second.wait("session_info")
                assert server.n_open == 2
            assert client.closed is None
        await server.until(lambda: server.n_open == 0)
        assert server.connections[0].close_code == 1000


@in_real_time
async def test_something_else_than_a_server_may_answer() -> None:
    async with FakeXTalk("G1") as server:
        for deed, status in ((CAPTIVE_PORTAL, 200), (Http("403 Forbidden"), 403)):
            server.faults[:] = [Fault(Point.UPGRADE, deed)]
            with pytest.raises(InvalidStatus) as refused:
                async with client_of(server):
                    pass
            assert refused.value.response.status_code == status
        server.faults[:] = [Fault(Point.UPGRADE, Raw(b"SSH-2.0-OpenSSH_9.6\r\n\r\n"))]
        with pytest.raises(InvalidMessage):
            async with client_of(server):
                pass


@in_real_time
async def test_a_path_that_is_not_there_is_forbidden() -> None:
    class Elsewhere(FakeXTalk):
        @property
        def url(self) -> str:
            return super().url + "/elsewhere"

    async with Elsewhere("G1") as server:
        with pytest.raises(InvalidStatus, match="403"):
            async with client_of(server):
                pass


@in_real_time
async def test_certificates_are_good_or_bad(tmp_path: Path) -> None:
    authority = Authority(tmp_path)
    believing = ssl.create_default_context(cafile=authority.ca_file)
    for certificate, complaint in (
        (authority.issue(), ""),
        (authority.issue(to_days=-0.5), "expired"),
        (authority.issue(from_days=0.5), "not yet valid"),
        (authority.issue("elsewhere.example"), "IP address mismatch"),
        (authority.issue(self_signed=True), "self-signed"),
    ):
        async with FakeXTalk("G1", tls=certificate.context()) as server:
            if not complaint:
                async with client_of(server, tls=believing) as client:
                    await client.wait("session_info")
                continue
            with pytest.raises(ssl.SSLCertVerificationError, match=complaint):
                async with client_of(server, tls=believing):
                    pass
