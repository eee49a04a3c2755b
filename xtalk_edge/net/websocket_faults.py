"""Why a WebSocket was not opened, or is gone, in a sentence for the owner."""

from __future__ import annotations

import ssl
from collections.abc import Mapping

from websockets.exceptions import (
    ConnectionClosed,
    InvalidHandshake,
    InvalidMessage,
    InvalidStatus,
    ProxyError,
    WebSocketException,
)
from websockets.frames import Close

from xtalk_edge.net.printable import one_line
from xtalk_edge.net.way_faults import Goal, of_the_proxy, of_the_way, web_page

_DEAD = 1011
"""What the library closes with when its pings are not answered."""

_TOO_BIG = 1009
"""Of closing a WebSocket (RFC 6455 section 7.4.1)."""

_NOT_SENT = frozenset({1005, 1006, 1015})
"""What the library puts where no code came."""

_FINAL_CODES = frozenset({1002, 1003, 1007, 1008, _TOO_BIG, 1010})
"""After these the same would come again."""

_OTHER_PROTOCOL = (
    "did not follow the WebSocket protocol; something on the way may change what passes"
)

_CODES: Mapping[int, str] = {
    1000: "ended the conversation",
    1001: "is shutting down",
    1002: _OTHER_PROTOCOL,
    1003: "does not take what the device sends; check the address",
    1007: _OTHER_PROTOCOL,
    1008: "closed the connection by its rules",
    _TOO_BIG: "found a message too big",
    1011: "failed; the reason is in its log",
    1012: "is being started anew",
    1013: "is too busy now",
    1014: "cannot be reached by the gateway before it",
}
_OWN_CODES: Mapping[int, str] = {
    _TOO_BIG: "sent a message that is too big; check the address",
    _DEAD: "does not answer any more; the connection is dead",
}
"""What the device closes with."""


def unopened(error: Exception, goal: Goal, statuses: Mapping[int, str]) -> str:
    """Return why no connection came about, and what to do.

    Args:
        error: what `dial` raised.
        goal: what should listen there.
        statuses: what it means by those of HTTP, to stand behind its host and port.
    """
    where = goal.where
    match error:
        case OSError():
            return of_the_way(error, goal)
        case ProxyError():
            return of_the_proxy(error, goal)
        case InvalidStatus():
            return _refused(error, goal, statuses)
        case InvalidMessage() if _hung_up(error):
            return of_the_way(ConnectionResetError(), goal)
        case InvalidHandshake():
            return f"what listens at {where} is no WebSocket server: {one_line(str(error))}"
    return f"the connection to {where} failed: {one_line(str(error)) or type(error).__name__}"


def ended(error: ConnectionClosed, name: str, codes: Mapping[int, str]) -> str:
    """Return why a connection that was open is so no more.

    Args:
        error: what the library tells.
        name: of whoever is at the other end: "the server".
        codes: what they mean by those they close with, to stand behind the name.
    """
    told, is_own = _told(error)
    if told is None:
        return f"{name} broke off the connection, or the network went away"
    what = (_OWN_CODES if is_own else codes).get(told.code) or _CODES.get(
        told.code, f"closed the connection (code {told.code})"
    )
    reason = one_line(told.reason)
    return f"{name} {what} ({reason})" if reason else f"{name} {what}"


def may_pass(error: OSError | WebSocketException) -> bool:
    """Tell whether another try could come to something."""
    match error:
        case ConnectionClosed():
            told, _ = _told(error)
            return told is None or told.code not in _FINAL_CODES
        case InvalidStatus():
            return error.response.status_code >= 500
        case InvalidHandshake():
            return _hung_up(error)
    return not isinstance(error, ssl.SSLError)


def _told(error: ConnectionClosed) -> tuple[Close | None, bool]:
    """Return the code that ended a connection, if there is one, and whether it is the device's."""
    # What the device said first is why the server said it too.
    is_own = error.sent is not None and not error.rcvd_then_sent
    told = error.sent if is_own else error.rcvd
    return (None if told is None or told.code in _NOT_SENT else told), is_own


def _hung_up(error: InvalidHandshake) -> bool:
    return isinstance(error.__cause__, EOFError)


def _refused(error: InvalidStatus, goal: Goal, statuses: Mapping[int, str]) -> str:
    response = error.response
    status = response.status_code
    is_page = "html" in response.headers.get("Content-Type", "").lower()
    if 300 <= status < 400 or (is_page and status < 300):
        return web_page(goal)
    if status >= 500:
        what = "cannot serve at the moment"
    else:
        what = statuses.get(status, f"does not open a WebSocket; check {goal.setting}")
    return f"{goal.where} {what} (HTTP {status})"
