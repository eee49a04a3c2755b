"""Serves the page: it, two probes for other programs, and one WebSocket for each page that is open.

Everything is bounded: connections, pages, messages, and what waits for a slow one. Nothing that
comes in is written to a log.
"""

from __future__ import annotations

import asyncio
import errno
import hashlib
import hmac
import http
import json
import logging
from collections.abc import Mapping
from typing import Any, cast

from websockets.asyncio.server import Server, ServerConnection, serve
from websockets.exceptions import ConnectionClosed
from websockets.http11 import Request, Response

from xtalk_edge.clock import now_s
from xtalk_edge.errors import DeviceError, places_of, problem_of
from xtalk_edge.net.secret import Secret
from xtalk_edge.service.page.allowance import Guesses
from xtalk_edge.service.page.commands import Hello, UnreadableError, command_of
from xtalk_edge.service.page.document import HEADERS, document
from xtalk_edge.service.page.gate import Gate, RefusedError
from xtalk_edge.service.page.pages import Desk, Page, peer_of
from xtalk_edge.service.page.probes import Probes

log = logging.getLogger(__name__)

# The library's own would write down what strangers send.
_wire_log = logging.getLogger(f"{__name__}.wire")
_wire_log.setLevel(logging.CRITICAL)

MOST_PAGES = 10
"""A household's telephones; each costs a copy of every message."""

MOST_CONNECTIONS = 40
"""Pages, probes, and who has not said yet what they want."""

HELLO_S = 5.0
"""Time for a request, and again for a page's first words."""

MOST_BYTES = 8_192
"""Of one message: a quarter of a second of sound, or more words than a page takes."""

PING_S = 20.0

WRONG_TOKEN, OFFLINE, TOO_MANY_TOKENS, FULL, NO_SUCH = 4401, 4403, 4429, 4503, 1008
"""Why a page is shown out, as WebSockets number it."""


class PageServer:
    """Listens for browsers.

    Args:
        desk: who answers.
        gate: by which names it may be asked for.
        token: what everybody has to show; an empty one is nothing.
        probes: what other programs ask.
    """

    def __init__(self, desk: Desk, gate: Gate, token: Secret, probes: Probes) -> None:
        self._desk = desk
        self._gate = gate
        self._token = token
        self._probes = probes
        self._guesses = Guesses()
        self._pages: set[Page] = set()
        self._visited = asyncio.Event()
        self._server: Server | None = None
        self._document: tuple[bytes, str] | None = None

    async def start(self, host: str, port: int) -> int:
        """Begin to listen; return the port.

        Raises:
            DeviceError: it cannot be had.
        """
        try:
            self._server = await serve(
                self._meet,
                host,
                port,
                process_request=self._answer,
                create_connection=_Counted,
                compression=None,
                server_header=None,
                open_timeout=HELLO_S,
                ping_interval=PING_S,
                ping_timeout=PING_S,
                close_timeout=1.0,
                max_size=MOST_BYTES,
                logger=_wire_log,
            )
        except OSError as error:
            taken = error.errno == errno.EADDRINUSE
            why = "another program has it" if taken else str(error.strerror or error)
            raise DeviceError(
                f"there is no status page: port {port} of {host} cannot be had ({why}); choose "
                "another one in page.listen"
            ) from error
        return int(self._server.sockets[0].getsockname()[1])

    async def aclose(self) -> None:
        """Show everybody out, and listen no more."""
        if self._server is not None:
            self._server.close(code=1001, reason="The device is ending.")
            await self._server.wait_closed()

    async def visited(self) -> None:
        """Wait until a page is open."""
        await self._visited.wait()

    def tell(self, told: Mapping[str, Any]) -> None:
        """Show something to every page."""
        message = json.dumps(told, ensure_ascii=False, separators=(",", ":"))
        for page in list(self._pages):
            page.send(message)

    # -- requests --------------------------------------------------------------------------

    def _answer(self, connection: ServerConnection, request: Request) -> Response | None:
        """Answer a plain request; None lets a WebSocket be opened."""
        headers = request.headers
        try:
            self._gate.check(headers.get_all("Host"), headers.get_all("Origin"))
            # Before version 16 of the library, no other method came as far as here.
            if getattr(request, "method", "GET") != "GET":
                raise RefusedError(405, "This page is only looked at: ask with GET.")
            match request.path.partition("?")[0]:
                case "/ws":
                    return None
                case "/":
                    return self._page(connection)
                case "/healthz":
                    self._check_bearer(headers.get_all("Authorization"), peer_of(connection))
                    return _answered(connection, *self._probes.health())
                case "/metrics":
                    self._check_bearer(headers.get_all("Authorization"), peer_of(connection))
                    return _answered(connection, *self._probes.metrics())
            raise RefusedError(404, "There is nothing here; the page is at /.")
        except RefusedError as error:
            return _answered(connection, error.status, f"{error}\n", "text/plain; charset=utf-8")

    def _page(self, connection: ServerConnection) -> Response:
        self._document = self._document or document()
        body, policy = self._document
        response = _answered(connection, 200, "", "text/html; charset=utf-8")
        response.body = body
        del response.headers["Content-Length"]
        response.headers["Content-Length"] = str(len(body))
        response.headers["Content-Security-Policy"] = policy
        return response

    def _check_bearer(self, shown: list[str], peer: str) -> None:
        token = shown[0].removeprefix("Bearer ") if len(shown) == 1 else ""
        problem = self._judge(token, peer)
        if problem:
            raise RefusedError(401 if problem is not TOO_MANY else 429, problem)

    def _judge(self, shown: str, peer: str) -> str:
        """Return what is wrong with a token; "" where it is right, or none is needed."""
        if not self._token:
            return ""
        if not self._guesses.may_try(peer, now_s()):
            return TOO_MANY
        # Of equal length and in constant time, so that nobody learns how much of it is right.
        known, given = (
            hashlib.sha256(word.encode("utf-8", "surrogatepass")).digest()
            for word in (self._token.reveal(), shown)
        )
        if hmac.compare_digest(known, given):
            return ""
        self._guesses.wrong(peer, now_s())
        return "This device wants to be shown its token." if not shown else "That is not the token."

    # -- pages that are open ---------------------------------------------------------------

    async def _meet(self, connection: ServerConnection) -> None:
        page = Page(connection)
        try:
            code, reason = await self._welcome(connection, page)
            if code:
                await connection.close(code, reason)
                return
            self._pages.add(page)
            self._visited.set()
            self._desk.opened(page)
            async for message in connection:
                if not self._take(message, page):
                    await connection.close(NO_SUCH, "That was too much at once.")
        except (ConnectionClosed, TimeoutError):
            pass
        except Exception as error:  # noqa: BLE001 - a page must not end the device
            log.error("a page failed: %s\n%s", problem_of(error), places_of(error))
        finally:
            if page in self._pages:
                self._pages.discard(page)
                self._desk.left(page)
            if not self._pages:
                self._visited.clear()

    async def _welcome(self, connection: ServerConnection, page: Page) -> tuple[int, str]:
        """Wait for a page's first words; return why it is shown out, or 0."""
        async with asyncio.timeout(HELLO_S):
            first = await connection.recv()
        try:
            hello = command_of(first) if isinstance(first, str) else None
        except UnreadableError as error:
            return NO_SUCH, str(error)[:120]
        if not isinstance(hello, Hello):
            return NO_SUCH, "A page says hello first."
        problem = self._judge(hello.token, peer_of(connection))
        if problem:
            return TOO_MANY_TOKENS if problem is TOO_MANY else WRONG_TOKEN, problem
        if refusal := page.refusal():
            return OFFLINE, refusal
        if len(self._pages) >= MOST_PAGES:
            return FULL, f"{MOST_PAGES} pages are open already; close one of them."
        return 0, ""

    def _take(self, message: str | bytes, page: Page) -> bool:
        """Do what a page asks; tell whether it may go on."""
        if isinstance(message, bytes):
            if not page.sound.take(max(1, len(message)), now_s()):
                return False
            self._desk.hear(message, page)
            return True
        if not page.messages.take(1, now_s()):
            return False
        try:
            problem = self._desk.obey(command_of(message), page)
        except UnreadableError as error:
            problem = str(error)
        if problem:
            page.tell({"trouble": problem})
        return True


TOO_MANY = "Too many wrong tokens were shown; wait a minute."


class _Counted(ServerConnection):
    """A connection that is broken off when there are too many."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        if len(self.server.handler_tasks) > MOST_CONNECTIONS:
            cast(asyncio.WriteTransport, transport).abort()


def _answered(connection: ServerConnection, status: int, text: str, kind: str) -> Response:
    response = connection.respond(http.HTTPStatus(status), text)
    del response.headers["Content-Type"]
    response.headers["Content-Type"] = kind
    for name, value in HEADERS.items():
        response.headers[name] = value
    return response
