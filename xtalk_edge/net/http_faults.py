"""Why a server could not be talked to, in a sentence for the owner."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Iterator

import httpx2

from xtalk_edge.net.address import Address


def fault(setting: str, address: Address, error: Exception) -> str:
    """Return what went wrong between here and a server, and what to do.

    Args:
        setting: in which the address stands, for the advice: "agent.base_url".
        address: of the server.
        error: what the HTTP client raised.
    """
    where = f"{address.host}:{address.port}"
    causes = list(_causes(error))
    for cause in causes:
        if isinstance(cause, ssl.SSLCertVerificationError):
            return (
                f"the certificate of {where} is not believed ({cause.verify_message}); see that "
                "the device's clock is right, or name the authority in ca_file"
            )
    for cause in causes:
        # That more is to be read is no failure, but stands behind one that came meanwhile.
        if isinstance(cause, ssl.SSLError) and not isinstance(cause, ssl.SSLWantReadError):
            return f"{where} does not speak TLS as it should; http:// in {setting} may be meant"
        if isinstance(cause, socket.gaierror):
            return f"nobody knows the name {address.host}; check {setting} and the network"
        if isinstance(cause, ConnectionRefusedError):
            return f"nothing listens at {where}; start the server there, or check {setting}"
    return _of_the_client(setting, where, error)


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
