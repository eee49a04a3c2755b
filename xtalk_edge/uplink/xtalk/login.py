"""A token from the server itself, where it gives them out."""

from __future__ import annotations

import json
import logging
import ssl
from http import HTTPStatus

import httpx2

from xtalk_edge.errors import UplinkError
from xtalk_edge.net.address import Address
from xtalk_edge.net.secret import Secret
from xtalk_edge.net.trust import Trust, check_pin

LOG = logging.getLogger(__name__)

LOGIN_PATH = "/api/auth/login"
LOGIN_S = 5.0
"""A server on the other side of the world answers in one."""
MOST_TOKEN_CHARS = 16_384
"""Tokens with many claims have some thousand."""
MOST_ANSWER_BYTES = 65_536
"""A token and an id."""


async def log_in(address: Address, trust: Trust, tls: ssl.SSLContext | None) -> Secret:
    """Return the token that a server gives; none where it gives none.

    Only its WebSocket tells whether it wants one, so here nothing is an error but a server that is
    not the pinned one.

    Raises:
        UplinkError: it is not.
    """
    host = f"[{address.host}]" if ":" in address.host else address.host
    url = f"{'https' if address.is_encrypted else 'http'}://{host}:{address.port}{LOGIN_PATH}"
    verify = True if tls is None else tls
    try:
        async with (
            httpx2.AsyncClient(verify=verify, timeout=LOGIN_S) as client,
            client.stream("POST", url) as answer,
        ):
            if address.is_encrypted:
                stream = answer.extensions["network_stream"]
                check_pin(trust, stream.get_extra_info("ssl_object"))
            if answer.status_code != HTTPStatus.OK:
                LOG.debug("no login at %s: HTTP %d", address.host, answer.status_code)
                return Secret("")
            return _token(await _start_of(answer))
    except (httpx2.HTTPError, httpx2.InvalidURL, OSError, ImportError, ValueError) as error:
        # The last two are of a proxy in the environment that is none, or needs another package.
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
    try:
        answer = json.loads(body)
    except (ValueError, RecursionError):
        return Secret("")
    word = answer.get("access_token") if isinstance(answer, dict) else None
    if not isinstance(word, str) or len(word) > MOST_TOKEN_CHARS:
        return Secret("")
    return Secret(word if word.isascii() and word.isprintable() else "")
