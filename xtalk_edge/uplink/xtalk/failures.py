"""What went wrong with a connection to an X-Talk server, in a sentence its owner can act on."""

from __future__ import annotations

from http import HTTPStatus

from websockets.exceptions import ConnectionClosed, InvalidStatus

from xtalk_edge.errors import EdgeError
from xtalk_edge.net.address import Address
from xtalk_edge.net.way_faults import Goal
from xtalk_edge.net.websocket_faults import ended, unopened

UNAUTHORISED_CODE, TRY_LATER_CODE = 1008, 1013
"""Of closing a WebSocket (RFC 6455 section 7.4.1, and the IANA's list behind it)."""

_CODES = {
    1003: "does not take what the device sends; is it an X-Talk server?",
    UNAUTHORISED_CODE: "does not accept the token, or it has expired; set uplink.token anew",
    TRY_LATER_CODE: "has this conversation already connected elsewhere, or no room for more; it is "
    "tried again",
}

_STATUSES = {
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


def goal_of(address: Address) -> Goal:
    """Return the server at an address, as sentences about the way there name it."""
    return Goal(address, "uplink.url", "the X-Talk server")


def sentence(error: Exception, address: Address) -> str:
    """Return what went wrong, and what to do."""
    match error:
        case EdgeError():
            return str(error)
        case ConnectionClosed():
            return ended(error, "the server", _CODES)
    return unopened(error, goal_of(address), _STATUSES)


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
