"""One utterance on its way to xAI's recogniser and back as text.

The sound is kept until its text is known: when the connection is lost in the midst of it, all of it
is sent again over another one, once.
"""

from __future__ import annotations

import asyncio
import logging

from xtalk_edge.engines.xai.access import Access
from xtalk_edge.engines.xai.line import Line, open_line
from xtalk_edge.engines.xai.transcript import (
    AUDIO_DONE,
    BYTES_A_MS,
    Transcript,
    closing_silence,
    query,
)
from xtalk_edge.errors import UplinkLostError
from xtalk_edge.tasks import TaskOwner

log = logging.getLogger(__name__)

READY_S = 5.0
"""For the service to say that it listens, once it is connected."""

CONCLUDE_S = 3.0
"""For the last words, once the service has all of the sound."""

PING_S = 5.0
"""A connection that hangs while somebody speaks is to be noticed before they have finished."""

KEPT_BYTES = 60_000 * BYTES_A_MS
"""Of sound, to be sent again: 60 s, longer than anybody speaks in a turn."""

PIECE_BYTES = 200 * BYTES_A_MS
"""Of one message; what waited for the connection goes out in some of them."""


class XAITurn:
    """Sound in, text out, on one event loop.

    Args:
        access: where the recogniser is.
        language: see `query`.
        endpointing_ms: see `query`.
        leftovers: takes the farewells, which nobody waits for.
    """

    def __init__(
        self, access: Access, language: str, endpointing_ms: int, leftovers: TaskOwner
    ) -> None:
        self._access = access
        self._query = query(language, endpointing_ms)
        self._silence = closing_silence(endpointing_ms)
        self._leftovers = leftovers
        self._audio = bytearray()
        self._dropped_bytes = 0
        """Of the beginning, too long ago to be kept."""
        self._is_over = False
        self._news = asyncio.Event()
        self.text = ""
        """What was understood so far; any thread may read it."""

    def add(self, audio: bytes) -> None:
        """Take more of the utterance."""
        self._audio += audio
        self._news.set()

    def end(self) -> None:
        """Let the utterance be over."""
        self._is_over = True
        self._news.set()

    async def run(self) -> str:
        """Return the whole text, some time after `end`.

        Raises:
            UplinkError: the service refused, or was lost twice.
        """
        try:
            return await self._attempt()
        except UplinkLostError as error:
            if self._dropped_bytes:
                raise
            log.warning("what was said is sent again: %s", error)
            return await self._attempt()

    async def _attempt(self) -> str:
        line = await open_line(self._access, self._query, "audio", ping_s=PING_S)
        transcript = Transcript()
        both = TaskOwner()
        try:
            await self._until_ready(line, transcript)
            receiving = both.start(self._receive(line, transcript), "xai text")
            sending = both.start(self._send(line), "xai sound")
            await asyncio.wait((receiving, sending), return_when=asyncio.FIRST_COMPLETED)
            if receiving.done():
                await receiving
            if not sending.done():
                raise UplinkLostError("xAI's recogniser ended before the utterance did")
            await sending
            await self._concluded(receiving)
        finally:
            # First: whoever is in a hurry may cancel the rest.
            line.leave(self._leftovers)
            await both.aclose()
        return transcript.text

    async def _until_ready(self, line: Line, transcript: Transcript) -> None:
        try:
            async with asyncio.timeout(READY_S):
                while not transcript.ready:
                    transcript.take(await line.receive())
        except TimeoutError:
            raise UplinkLostError("xAI's recogniser does not begin to listen") from None

    async def _concluded(self, receiving: asyncio.Task[None]) -> None:
        try:
            async with asyncio.timeout(CONCLUDE_S):
                await receiving
        except TimeoutError:
            raise UplinkLostError("xAI's recogniser keeps its last words to itself") from None

    async def _send(self, line: Line) -> None:
        at = 0
        while True:
            while at < self._dropped_bytes + len(self._audio):
                begin = at - self._dropped_bytes
                piece = bytes(self._audio[begin : begin + PIECE_BYTES])
                await line.send(piece, "audio", len(piece))
                at += len(piece)
            self._forget(at)
            if self._is_over:
                break
            self._news.clear()
            await self._news.wait()
        await line.send(self._silence, "audio", len(self._silence))
        await line.signal(AUDIO_DONE)

    def _forget(self, sent_bytes: int) -> None:
        """Keep no more than could be sent again."""
        too_old = min(len(self._audio) - KEPT_BYTES, sent_bytes - self._dropped_bytes)
        if too_old > 0:
            del self._audio[:too_old]
            self._dropped_bytes += too_old

    async def _receive(self, line: Line, transcript: Transcript) -> None:
        # The second time it is told from the beginning: it is not to shrink meanwhile.
        before = self.text
        while not transcript.finished:
            try:
                transcript.take(await line.receive())
            except UplinkLostError:
                if self._is_over and line.was_left and transcript.settled:
                    # A farewell in place of the end, behind a final text: nothing is missing.
                    return
                raise
            self.text = max(transcript.text, before, key=len)
