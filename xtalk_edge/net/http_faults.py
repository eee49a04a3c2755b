"""Why a server could not be talked to, in a sentence for the owner."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Iterator

import httpx2

from xtalk_edge.net.way_faults import Goal, of_the_proxy, of_the_way

_OF_THE_WAY = (ssl.SSLError, socket.gaierror, ConnectionRefusedError)


def fault(error: Exception, goal: Goal) -> str:
    """Return what went wrong between here and a server, and what to do.

    Args:
        error: what the HTTP client raised.
        goal: the server.
    """
    for cause in _causes(error):
        # That more is to be read is no failure, but stands behind one that came meanwhile.
        if isinstance(cause, _OF_THE_WAY) and not isinstance(cause, ssl.SSLWantReadError):
            return of_the_way(cause, goal)
    where, setting = goal.where, goal.setting
    match error:
        case httpx2.ProxyError():
            return of_the_proxy(error, goal)
        case httpx2.ConnectTimeout():
            return of_the_way(TimeoutError(), goal)
        case httpx2.ConnectError():
            return f"there is no way to {where}; check {setting} and the network"
        case httpx2.ProtocolError():
            return (
                f"{where} broke off, or does not speak HTTP; check {setting} and the server's log"
            )
    return f"{where} broke the connection off; see the server's log"


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    """Yield an error and everything it came from."""
    while error is not None:
        yield error
        for each in error.exceptions if isinstance(error, BaseExceptionGroup) else ():
            yield from _causes(each)
        error = error.__cause__ or error.__context__
