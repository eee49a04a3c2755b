"""What went wrong with a connection to a server, in a sentence its owner can act on."""

from __future__ import annotations

from http import HTTPStatus

from websockets.exceptions import (
    ConnectionClosed,
    InvalidHandshake,
    InvalidStatus,
    InvalidURI,
    ProxyError,
)

from xtalk_edge.errors import EdgeError
from xtalk_edge.net.address import Address
from xtalk_edge.net.printable import one_line
from xtalk_edge.net.way_faults import Goal, of_the_way

DEAD_CODE = 1011
"""What `websockets` closes with when its pings are not answered."""

UNAUTHORISED_CODE, MESSAGE_TOO_BIG_CODE, TRY_LATER_CODE = 1008, 1009, 1013
"""Of closing a WebSocket (RFC 6455 section 7.4.1, and the IANA's list behind it)."""

_CLOSED = {
    1000: "the server ended the conversation",
    1001: "the server is shutting down",
    1002: "the server did not follow the WebSocket protocol; something on the way may change what "
    "passes",
    1003: "the server does not take what the device sends; is it an X-Talk server?",
    1007: "the server did not follow the WebSocket protocol; something on the way may change what "
    "passes",
    UNAUTHORISED_CODE: "the server does not accept the token, or it has expired; set uplink.token "
    "anew",
    MESSAGE_TOO_BIG_CODE: "a message was too big for the server",
    1011: "the server failed; its owner finds the reason in its log",
    1012: "the server is being started anew",
    TRY_LATER_CODE: "this conversation is already connected elsewhere, or the server has no room "
    "for more; it is tried again",
    1014: "the gateway before the server cannot reach it",
}

_STATUS = {
    400: "does not understand the request; is it an X-Talk server?",
    401: "wants another token, or the token has expired; set uplink.token anew",
    403: "refuses the connection; the path in uplink.url may be wrong (the usual one is /ws), or "
    "whatever stands before the server lets nobody in",
    404: "has nothing at this path; uplink.url should end with the path of the server's WebSocket, "
    "usually /ws",
    405: "has no WebSocket at this path; uplink.url should end with its path, usually /ws",
    407: "is a proxy that wants a name and a password; put them into the proxy's address in "
    "https_proxy",
    426: "wants another version of the protocol; is it an X-Talk server?",
    429: "has had too many requests; it is tried again",
}


def sentence(error: Exception, address: Address) -> str:
    """Return what went wrong, and what to do."""
    goal = Goal(address, "uplink.url", "the X-Talk server")
    where = goal.where
    match error:
        case EdgeError():
            return str(error)
        case ConnectionClosed():
            return _closed(error)
        case OSError():
            return of_the_way(error, goal)
        case ProxyError():
            return f"the proxy does not let the device through to {where}: {one_line(str(error))}"
        case InvalidStatus():
            return _refused(error, where)
        case InvalidURI():
            return f"{where} sends the device on to an address that is none"
        case InvalidHandshake():
            return f"what listens at {where} is no WebSocket server: {one_line(str(error))}"
    return f"the connection to {where} failed: {one_line(str(error)) or type(error).__name__}"


def is_refusal(error: Exception) -> bool:
    """Tell whether the server does not accept the token."""
    status = error.response.status_code if isinstance(error, InvalidStatus) else None
    return status == HTTPStatus.UNAUTHORIZED or _code(error) == UNAUTHORISED_CODE


def is_elsewhere(error: Exception) -> bool:
    """Tell whether the server still has the session in another connection."""
    return _code(error) == TRY_LATER_CODE


def _code(error: Exception) -> int | None:
    told = error.rcvd if isinstance(error, ConnectionClosed) else None
    return None if told is None else told.code


def _closed(error: ConnectionClosed) -> str:
    # What the device said first is why the server said it too.
    is_own = error.sent is not None and not error.rcvd_then_sent
    told = error.sent if is_own else error.rcvd
    if is_own and told is not None and told.code == MESSAGE_TOO_BIG_CODE:
        return "the server sent a message too big to be sound; is it an X-Talk server?"
    if is_own and told is not None and told.code == DEAD_CODE:
        return "the server does not answer any more; the connection is dead"
    if told is None or told.code in (1005, 1006, 1015):
        return "the connection broke off; the server or the network went away"
    what = _CLOSED.get(told.code, f"the server closed the connection (code {told.code})")
    reason = one_line(told.reason)
    return f"{what} ({reason})" if reason else what


def _refused(error: InvalidStatus, where: str) -> str:
    response = error.response
    status = response.status_code
    html = "html" in response.headers.get("Content-Type", "").lower()
    if status < HTTPStatus.BAD_REQUEST and (html or status >= HTTPStatus.MULTIPLE_CHOICES):
        return (
            f"{where} answers with a web page; this network may want you to log in first, as those "
            "of hotels do, or uplink.url leads to a web site"
        )
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return f"{where} cannot serve at the moment (HTTP {status}); it is tried again"
    what = _STATUS.get(status, "does not open a WebSocket; is it an X-Talk server?")
    return f"{where} {what} (HTTP {status})"
