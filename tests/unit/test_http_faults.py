"""Every failure between here and a server has a sentence with a cure."""

import socket
import ssl

import httpx2
import pytest

from xtalk_edge.net.address import address_of
from xtalk_edge.net.http_faults import fault
from xtalk_edge.net.way_faults import Goal

SETTING = "agent.base_url"
GOAL = Goal(address_of(SETTING, "https://ai.example/v1", ("http", "https")), SETTING)


def unconnected(cause, kind=httpx2.ConnectError):
    error = kind("x")
    error.__cause__ = cause
    return error


def unbelieved():
    error = ssl.SSLCertVerificationError(1, "no")
    error.verify_message, error.verify_code = "certificate has expired", 10
    return error


@pytest.mark.parametrize(
    ("error", "sentence"),
    [
        (unconnected(unbelieved()), "has expired, if today is"),
        (unconnected(ssl.SSLError(1, "x")), "no encrypted connection"),
        (unconnected(socket.gaierror(-2, "x")), "the name ai.example is not known"),
        (unconnected(ConnectionRefusedError()), "nothing listens at"),
        (unconnected(ExceptionGroup("x", [ConnectionRefusedError()])),
         "nothing listens at ai.example:443"),
        (unconnected(OSError(113, "no route")), "there is no way to"),
        (unconnected(ssl.SSLWantReadError(), httpx2.ConnectTimeout), "does not answer"),
        (httpx2.ProxyError("x"), "the proxy does not let the device through"),
        (httpx2.RemoteProtocolError("x"), "does not speak HTTP"),
        (httpx2.ReadError("x"), "broke the connection off"),
    ],
)  # fmt: skip
def test_it_says_what_to_do(error, sentence):
    found = fault(error, GOAL)
    assert sentence in found
    assert "ai.example" in found
    assert found.isprintable()
