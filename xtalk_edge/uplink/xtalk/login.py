"""A token from the server itself, where it gives them out."""

from __future__ import annotations

import logging
from http import HTTPStatus

import httpx2

from xtalk_edge.errors import UplinkError
from xtalk_edge.net.http_line import client_for
from xtalk_edge.net.json_object import json_object
from xtalk_edge.net.peer import Peer
from xtalk_edge.net.secret import Secret, is_token
from xtalk_edge.net.trust import check_pin

LOG = logging.getLogger(__name__)

LOGIN_PATH = "/api/auth/login"
LOGIN_S = 5.0
"""A server on the other side of the world answers in one."""
MOST_ANSWER_BYTES = 65_536
"""A token and an id."""


async def log_in(peer: Peer) -> Secret:
    """Return the token that a server gives; none where it gives none.

    Only its WebSocket tells whether it wants one, so here nothing is an error but a server that is
    not the pinned one or sends without end, or a proxy that is none.

    Raises:
        UplinkError: it is one of these.
    """
    address = peer.address
    url = f"{'https' if address.is_encrypted else 'http'}://{address.netloc}{LOGIN_PATH}"
    try:
        async with (
            client_for(peer, httpx2.Timeout(LOGIN_S)) as client,
            client.stream("POST", url) as answer,
        ):
            if address.is_encrypted:
                stream = answer.extensions["network_stream"]
                check_pin(peer.trust, stream.get_extra_info("ssl_object"))
            if answer.status_code != HTTPStatus.OK:
                LOG.debug("no login at %s: HTTP %d", address.host, answer.status_code)
                return Secret("")
            return _token(await _start_of(answer))
    except (httpx2.HTTPError, httpx2.InvalidURL, OSError) as error:
        LOG.debug("no login at %s: %s", address.host, type(error).__name__)
        return Secret("")


async def _start_of(answer: httpx2.Response) -> bytes:
    body = b""
    async for piece in answer.aiter_bytes():
        body += piece
        if len(body) > MOST_ANSWER_BYTES:
            raise UplinkError("the server's login answers with more than a token")
    return body


def _token(body: bytes) -> Secret:
    word = (json_object(body) or {}).get("access_token")
    return Secret(word if isinstance(word, str) and is_token(word) else "")
