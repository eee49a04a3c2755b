"""One text after another through xAI's voice, on an event loop.

Sound carries no mark of its text, so a connection on which a text was broken off is never used
again: its late sound goes with it.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncGenerator, Sequence

from xtalk_edge.engines.xai.access import Access
from xtalk_edge.engines.xai.line import Line, open_line
from xtalk_edge.engines.xai.speech import Speech, UnreadableSoundError, told
from xtalk_edge.engines.xai.warm_line import Query, WarmLine
from xtalk_edge.errors import EngineLostError, UplinkLostError
from xtalk_edge.tasks import TaskOwner

log = logging.getLogger(__name__)

FIRST_SOUND_S = 4.0
"""From text to sound; half a second is usual."""

NEXT_SOUND_S = 5.0
"""From sound to more of it: by then what there was has long been heard."""

BEGIN_S = 9.0
"""For connecting and first sound, with a second try."""


class XAISpeaking:
    """A voice on one event loop; see `WarmLine` for how its connection is kept.

    Args:
        access: where the voice is.
        tasks: what goes on beside.
        most_age_s: how old a connection may get.
    """

    def __init__(self, access: Access, tasks: TaskOwner, most_age_s: float) -> None:
        async def open(query: Query) -> Line:
            # While sound waits to be played nobody reads, so answers to pings would seem late.
            return await open_line(access, query, "text", ping_s=None)

        self._warm_line = WarmLine(open, "text", tasks, most_age_s)

    def warm(self, query: Query) -> None:
        """Have a connection ready for the next text."""
        self._warm_line.warm(query)

    async def speech(
        self, parts: Sequence[str], query: Query, rate_hz: int
    ) -> AsyncGenerator[bytes, None]:
        """Yield the sound of a text as it comes; closing it lets nothing of it be heard later.

        Raises:
            EngineLostError: the connection was lost after some of it was spoken.
            UplinkError: it was lost twice before, or the service refused.
        """
        line, speech, sound = await self._begun(parts, query, rate_hz)
        try:
            yield sound
            while not speech.finished:
                try:
                    sound = await _next(line, speech, NEXT_SOUND_S)
                except UplinkLostError as error:
                    raise EngineLostError(f"xAI's voice broke off: {error}") from error
                if sound:
                    yield sound
        finally:
            if speech.finished:
                self._warm_line.give_back(line, query)
            else:
                self._warm_line.drop(line)
                self._warm_line.warm(query)

    async def _begun(
        self, parts: Sequence[str], query: Query, rate_hz: int
    ) -> tuple[Line, Speech, bytes]:
        """Return what a text is spoken on, and its first sound."""
        try:
            async with asyncio.timeout(BEGIN_S):
                try:
                    return await self._attempt(parts, query, rate_hz)
                except UplinkLostError as error:
                    log.info("a text is begun anew: %s", error)
                    return await self._attempt(parts, query, rate_hz)
        except TimeoutError:
            raise UplinkLostError(f"xAI's voice said nothing within {BEGIN_S:g} s") from None

    async def _attempt(
        self, parts: Sequence[str], query: Query, rate_hz: int
    ) -> tuple[Line, Speech, bytes]:
        line = await self._warm_line.take(query)
        speech = Speech(sum(map(len, parts)), rate_hz)
        try:
            for part, message in zip((*parts, ""), told(parts), strict=True):
                await line.send(message, "text", len(part.encode()))
            async with asyncio.timeout(FIRST_SOUND_S):
                while not (sound := await _next(line, speech, None)):
                    pass
            return line, speech, sound
        except TimeoutError:
            self._warm_line.drop(line)
            raise UplinkLostError("xAI's voice does not begin to speak") from None
        except BaseException:
            self._warm_line.drop(line)
            raise


async def _next(line: Line, speech: Speech, within_s: float | None) -> bytes:
    message = await line.receive(within_s)
    try:
        return speech.take(message)
    except UnreadableSoundError:
        line.pass_over()
        return b""
