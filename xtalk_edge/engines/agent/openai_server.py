"""Asks a server for one chat completion, and gives up in time."""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import logging
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable
from dataclasses import dataclass
from typing import TypeVar

import httpx2

from xtalk_edge.clock import now_s, standing_still
from xtalk_edge.engines.agent.openai_messages import Request
from xtalk_edge.engines.agent.openai_pace import Limits, Pace
from xtalk_edge.engines.agent.openai_refusals import (
    AGAIN_S,
    RENAMED,
    Facts,
    Refusal,
    refusal,
)
from xtalk_edge.engines.agent.openai_stream import Asked, StreamedAnswer, model_names
from xtalk_edge.errors import UplinkError
from xtalk_edge.net.border import BORDER
from xtalk_edge.net.event_stream import LONGEST_EVENT_BYTES, EventStream
from xtalk_edge.net.http_faults import fault
from xtalk_edge.net.http_line import HttpLine
from xtalk_edge.net.secret import Secret
from xtalk_edge.net.way_faults import web_page

log = logging.getLogger(__name__)

T = TypeVar("T")

_HOPELESS = (
    httpx2.ConnectError,
    httpx2.ConnectTimeout,
    httpx2.ProxyError,
    httpx2.LocalProtocolError,
)
"""Where the same request would fail in the same way; connections that were lost may be old ones."""

LONGEST_ANSWER_BYTES = 32 << 20
"""A model that thinks aloud for minutes sends some million bytes."""

LONGEST_REFUSAL_BYTES = 65_536

LONGEST_QUOTE_CHARS = 500

LOOK_S = 5.0
"""For a look at what a server has, at the start."""


@dataclass(frozen=True, slots=True)
class Finished:
    """The last of an answer."""

    calls: list[Asked]
    reason: str
    """Why it ended, in the server's words: "stop", "length", "content_filter" and others."""


class _StumbledError(Exception):
    """Nothing was said yet, and another try may do."""

    def __init__(self, refused: Refusal) -> None:
        super().__init__(refused.sentence)
        self.refused = refused


class ChatServer:
    """One server and one key.

    Args:
        line: the connections to it.
        base_url: what "/chat/completions" is put behind.
        key: shown to it; may be empty.
        model: for messages.
        limits: how long anything may take.
    """

    def __init__(
        self, line: HttpLine, base_url: str, key: Secret, model: str, limits: Limits
    ) -> None:
        self._line = line
        self._facts = Facts(line.peer.goal, model, base_url, bool(key))
        self._key = key
        self._limits = limits
        self._renamed: dict[str, str] = {}
        """Keys that this server was found to know by another name."""

    async def answer(self, request: Request) -> AsyncGenerator[str | Finished, None]:
        """Yield text as it comes, and what it ended with; closing it ends the request.

        Raises:
            UplinkError: it may not leave the device, or the server refused, was lost, made no
                sense, or took too long.
        """
        pace = Pace(self._limits, now_s())
        patient = True
        while True:
            try:
                async with contextlib.aclosing(self._try(request, pace)) as items:
                    async for item in items:
                        yield item
                return
            except _StumbledError as stumbled:
                patient = await self._recover(stumbled, pace, patient)

    async def models(self) -> list[str]:
        """Return the names of the models it tells of, if it does; raises as `answer`."""
        limits = dataclasses.replace(self._limits, first_token_s=LOOK_S)
        pace = Pace(limits, now_s())
        try:
            async with self._opened("GET", "/models", None, pace) as response:
                body = await self._body(response, LONGEST_EVENT_BYTES, pace)
        except httpx2.TransportError as error:
            raise UplinkError(fault(error, self._facts.goal)) from error
        if response.status_code != httpx2.codes.OK:
            raise UplinkError(self._refused(response, body).sentence)
        return model_names(body)

    async def _try(self, request: Request, pace: Pace) -> AsyncGenerator[str | Finished, None]:
        self._pass_border(request)
        pace.begin_anew()
        answer = StreamedAnswer()
        content = request.encoded(self._renamed)
        try:
            async with self._opened("POST", "/chat/completions", content, pace) as response:
                if response.status_code != httpx2.codes.OK:
                    body = await self._body(response, LONGEST_REFUSAL_BYTES, pace)
                    raise _StumbledError(self._refused(response, body))
                async with contextlib.aclosing(self._events(response, answer, pace)) as events:
                    async for event in events:
                        if text := answer.feed(event):
                            yield text
        except httpx2.TransportError as error:
            sentence = fault(error, self._facts.goal)
            if answer.has_begun or isinstance(error, _HOPELESS):
                raise UplinkError(sentence) from error
            raise _StumbledError(Refusal(sentence, AGAIN_S)) from error
        if not (answer.has_begun or answer.finish):
            raise _StumbledError(Refusal(f"{self._facts.host} ended without an answer", AGAIN_S))
        if text := answer.end():
            yield text
        yield Finished(answer.calls(), answer.finish)

    async def _recover(self, stumbled: _StumbledError, pace: Pace, patient: bool) -> bool:
        """Wait until another try makes sense; return whether there may be one more after it.

        Raises:
            UplinkError: none does.
        """
        refused = stumbled.refused
        if refused.rename and refused.rename not in self._renamed:
            self._renamed[refused.rename] = RENAMED[refused.rename]
            return patient
        wait_s = refused.again_s
        if wait_s is None or not patient or not pace.begins_within(wait_s, now_s()):
            raise UplinkError(refused.sentence) from stumbled
        log.info("asked once more in %.1f s, because %s", wait_s, refused.sentence)
        await asyncio.sleep(wait_s)
        return False

    # -- one exchange ----------------------------------------------------------------------

    def _pass_border(self, request: Request) -> None:
        BORDER.check("text", *(("tools",) if request.tools_bytes else ()))
        BORDER.send(self._facts.host, "text", request.text_bytes)
        if request.tools_bytes:
            BORDER.send(self._facts.host, "tools", request.tools_bytes)

    @contextlib.asynccontextmanager
    async def _opened(
        self, method: str, path: str, content: bytes | None, pace: Pace
    ) -> AsyncIterator[httpx2.Response]:
        """Send a request; closed before its end, the connection is closed with it."""
        client = self._line.client()
        # Text comes a word at a time: compressed, it would come later.
        headers = {"Accept-Encoding": "identity", "Content-Type": "application/json"}
        headers |= self._key.bearer()
        url = self._facts.base_url + path
        shown = httpx2.Headers(headers, encoding="utf-8")
        request = client.build_request(method, url, content=content, headers=shown)
        response = await self._within(client.send(request, stream=True), pace)
        try:
            yield response
        finally:
            await response.aclose()

    async def _events(
        self, response: httpx2.Response, answer: StreamedAnswer, pace: Pace
    ) -> AsyncGenerator[str, None]:
        """Yield the events of an answer, or the answer as one event where nothing was streamed."""
        self._check_form(response)
        stream = EventStream()
        whole = bytearray()
        async with contextlib.aclosing(self._pieces(response, answer, pace)) as pieces:
            async for piece in pieces:
                if whole or (stream.is_new and piece[:1] in (b"{", b"<")):
                    whole += piece
                    continue
                for event in stream.feed(piece):
                    yield event
                    pace.sign(now_s(), has_begun=answer.has_begun, is_ending=answer.is_ending)
        if whole.startswith(b"<"):
            raise UplinkError(web_page(self._facts.goal))
        for event in [whole.decode("utf-8", "replace")] if whole else stream.end():
            yield event

    async def _pieces(
        self, response: httpx2.Response, answer: StreamedAnswer, pace: Pace
    ) -> AsyncGenerator[bytes, None]:
        """Yield an answer as it comes from the network, up to its end."""
        n_bytes = 0
        async with contextlib.aclosing(response.aiter_raw()) as pieces:
            while not answer.is_full:
                try:
                    piece = await self._within(anext(pieces, b""), pace)
                except UplinkError:
                    if pace.is_ending:
                        # It forgot to close; all was said.
                        return
                    raise
                n_bytes += len(piece)
                if n_bytes > LONGEST_ANSWER_BYTES:
                    raise UplinkError(f"{self._facts.host} comes to no end; see the server's log")
                if not piece:
                    return
                yield piece

    def _check_form(self, response: httpx2.Response) -> None:
        if response.headers.get("content-encoding", "identity") != "identity":
            raise UplinkError(
                f"{self._facts.host} compresses, although asked not to; have it send plain text"
            )
        if "html" in response.headers.get("content-type", ""):
            raise UplinkError(web_page(self._facts.goal))

    async def _body(self, response: httpx2.Response, most_bytes: int, pace: Pace) -> bytes:
        """Return the beginning of an answer."""
        body = bytearray()
        async with contextlib.aclosing(response.aiter_raw()) as pieces:
            while len(body) < most_bytes:
                piece = await self._within(anext(pieces, b""), pace)
                if not piece:
                    break
                body += piece
        return bytes(body[:most_bytes])

    def _refused(self, response: httpx2.Response, body: bytes) -> Refusal:
        text = body.decode("utf-8", "replace")
        key = self._key.reveal()
        # It may quote the conversation: for owners who have asked for all of it.
        text = text.replace(key, "...") if key else text
        log.debug("%s said: %r", self._facts.host, text[:LONGEST_QUOTE_CHARS])
        return refusal(response.status_code, response.headers, body, self._facts)

    async def _within(self, work: Awaitable[T], pace: Pace) -> T:
        """Wait for the server, as long as its pace allows."""
        try:
            with standing_still():
                async with asyncio.timeout(pace.left_s(now_s())):
                    return await work
        except TimeoutError as error:
            raise UplinkError(pace.complaint(self._facts.host)) from error
