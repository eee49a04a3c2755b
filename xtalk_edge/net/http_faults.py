"""Why a server could not be talked to, in a sentence for the owner."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Iterator

import httpx2

from xtalk_edge.net.address import Address
from xtalk_edge.net.way_faults import Goal, of_the_way

_OF_THE_WAY = (ssl.SSLError, socket.gaierror, ConnectionRefusedError)


def fault(setting: str, address: Address, error: Exception) -> str:
    """Return what went wrong between here and a server, and what to do.

    Args:
        setting: in which the address stands, for the advice: "agent.base_url".
        address: of the server.
        error: what the HTTP client raised.
    """
    goal = Goal(address, setting)
    for cause in _causes(error):
        # That more is to be read is no failure, but stands behind one that came meanwhile.
        if isinstance(cause, _OF_THE_WAY) and not isinstance(cause, ssl.SSLWantReadError):
            return of_the_way(cause, goal)
    return _of_the_client(setting, goal.where, error)


def _of_the_client(setting: str, where: str, error: Exception) -> str:
    if isinstance(error, httpx2.ProxyError):
        return f"the proxy that the environment names does not lead to {where}; check HTTPS_PROXY"
    if isinstance(error, httpx2.ConnectTimeout):
        return f"{where} does not take the connection; check {setting} and the network"
    if isinstance(error, httpx2.ConnectError):
        return f"there is no way to {where}; check {setting} and the network"
    if isinstance(error, httpx2.ProtocolError):
        return f"{where} broke off, or does not speak HTTP; check {setting} and the server's log"
    return f"{where} broke the connection off; see the server's log"


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    """Yield an error and everything it came from."""
    while error is not None:
        yield error
        for each in error.exceptions if isinstance(error, BaseExceptionGroup) else ():
            yield from _causes(each)
        error = error.__cause__ or error.__context__
