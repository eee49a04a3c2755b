"""Failures are sentences; pauses get longer; nothing is kept without end."""

from __future__ import annotations

import asyncio
import socket
import ssl
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from websockets.datastructures import Headers
from websockets.exceptions import (
    ConnectionClosedError,
    InvalidProxyStatus,
    InvalidStatus,
    WebSocketException,
)
from websockets.frames import Close
from websockets.http11 import Response

from tests.clocks import in_real_time
from xtalk_edge.errors import UplinkError
from xtalk_edge.net.address import Address
from xtalk_edge.net.backoff import Backoff
from xtalk_edge.uplink import inbox
from xtalk_edge.uplink.inbox import Inbox
from xtalk_edge.uplink.xtalk.failures import is_elsewhere, is_refusal, sentence

ADDRESS = Address("wss://server.example/ws", "server.example", 443, True)


def answer(status: int, **headers: str) -> Response:
    return Response(status, "", Headers(**headers), b"")


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (UplinkError("said before"), "said before"),
        (TimeoutError(), "server.example:443 does not answer"),
        (socket.gaierror(-2, "Name or service not known"), "the name server.example is not known"),
        (ConnectionRefusedError(), "nothing listens at server.example:443"),
        (ConnectionResetError(), "server.example:443 hung up at once; check uplink.url"),
        (OSError(101, "Network is unreachable"), "no way to server.example:443: Network is"),
        (
            OSError("Multiple exceptions: [Errno 111] Connect call failed ('::1', 1, 0, 0), ..."),
            "by IPv4 or IPv6",
        ),
        (ssl.SSLError(1, "[SSL] broken"), "no encrypted connection"),
        (InvalidProxyStatus(answer(407)), "the proxy does not let the device through"),
        (InvalidStatus(answer(400)), "does not understand the request"),
        (InvalidStatus(answer(407)), "wants a name and a password"),
        (InvalidStatus(answer(429)), "too many requests"),
        (InvalidStatus(answer(200)), "does not open a WebSocket"),
        (InvalidStatus(answer(502)), "cannot serve at the moment (HTTP 502)"),
        (ConnectionClosedError(None, None), "broke off"),
        (ConnectionClosedError(Close(1006, ""), None), "broke off"),
        (ConnectionClosedError(None, Close(1009, "")), "sent a message that is too big"),
        (ConnectionClosedError(None, Close(1011, "keepalive")), "does not answer any more"),
        (WebSocketException("new\x1b[2J"), "failed: new [2J"),
        (WebSocketException(), "failed: WebSocketException"),
    ],
)
def test_every_failure_is_a_sentence(error: Exception, words: str) -> None:
    told = sentence(error, ADDRESS)
    assert words in told
    assert told.isprintable()


@pytest.mark.parametrize(
    ("error", "refused"),
    [
        (ConnectionClosedError(Close(1008, ""), None), True),
        (ConnectionClosedError(Close(1011, ""), None), False),
        (ConnectionClosedError(None, None), False),
        (InvalidStatus(answer(401)), True),
        (InvalidStatus(answer(403)), False),
        (OSError(), False),
    ],
)
def test_a_token_that_is_not_accepted_is_told_from_the_rest(
    error: Exception, refused: bool
) -> None:
    assert is_refusal(error) is refused
    assert not is_elsewhere(error)


def test_a_session_that_is_connected_elsewhere_is_told_from_the_rest() -> None:
    assert is_elsewhere(ConnectionClosedError(Close(1013, ""), None))


@given(st.integers(0, 10_000), st.floats(0, 1))
def test_pauses_double_up_to_the_longest(failures: int, chance: float) -> None:
    backoff = Backoff(first_s=1.0, longest_s=60.0)
    pause_s = backoff.pause_s(failures, chance)
    assert (pause_s == 0) is (failures == 0)
    assert pause_s <= 60.0
    assert backoff.pause_s(failures + 1, chance) >= pause_s


def test_devices_that_were_lost_at_once_come_back_one_by_one() -> None:
    backoff = Backoff(first_s=2.0)
    assert backoff.pause_s(1, 0.0) == 1.0
    assert backoff.pause_s(1, 1.0) == 2.0
    assert backoff.pause_s(3, 0.5) == 6.0


@in_real_time
async def test_what_is_not_taken_is_kept_in_order_up_to_an_error() -> None:
    box: Inbox[int] = Inbox()
    box.put(1)
    box.put(2)
    box.fail(UplinkError("lost"))
    box.fail(UplinkError("too late"))
    box.put(3)
    taken = []
    with pytest.raises(UplinkError, match=r"^lost$"):
        async for item in box:
            taken.append(item)
    assert taken == [1, 2]


@pytest.mark.parametrize("limit", [{"MOST_BYTES": 10}, {"MOST_ITEMS": 2}])
def test_what_nobody_takes_ends_it(limit: dict[str, int], monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in limit.items():
        monkeypatch.setattr(inbox, name, value)

    async def main() -> list[Any]:
        box: Inbox[int] = Inbox()
        for number in range(5):
            box.put(number, 5)
        taken = []
        with pytest.raises(UplinkError, match="more than can be kept"):
            async for item in box:
                taken.append(item)
        return taken

    assert asyncio.run(main()) == [0, 1]
