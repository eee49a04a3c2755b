"""A voice that is two: the device's own, and a server's. A clause is spoken by one of them."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncGenerator

from xtalk_edge.engines.interfaces import SpeechChunk
from xtalk_edge.engines.mouth import Mouth
from xtalk_edge.errors import EngineLostError, UplinkError
from xtalk_edge.tasks import ReadAhead
from xtalk_edge.uplink.choice import DeviceFailed, DeviceKnows
from xtalk_edge.uplink.cloud import CLOUD_RATE_HZ
from xtalk_edge.uplink.contest import Contest
from xtalk_edge.uplink.way import Way


class HedgedVoice:
    """Speaks with the device's voice or the server's, as the policy says.

    While the owner wants it slower, faster or in another mood than usual, the device speaks: a
    server knows one way to speak.

    Args:
        mouth: the device's own voice.
        way: to the server's.
    """

    def __init__(self, mouth: Mouth, way: Way) -> None:
        self._mouth = mouth
        self._way = way

    @property
    def sample_rate(self) -> int:
        """Hertz of the device's own voice."""
        return self._mouth.sample_rate

    async def speech_of(self, text: str) -> AsyncGenerator[SpeechChunk, None]:
        """Yield the speech in pieces.

        Raises:
            EngineLostError: the server was lost in the middle of the clause.
            Exception: what the device's voice raised, where the server cannot speak either.
        """
        if self._mouth.speed != 1.0 or self._mouth.emotion:
            spoken = self._mouth.speech_of(text)
        else:
            spoken = _Clause(text, self._mouth, self._way).speech()
        async with contextlib.aclosing(spoken) as chunks:
            async for chunk in chunks:
                yield chunk


class _Clause:
    """One clause, and who speaks it."""

    def __init__(self, text: str, mouth: Mouth, way: Way) -> None:
        self._text = text
        self._mouth = mouth
        self._way = way
        self._own: ReadAhead[SpeechChunk] | None = None

    async def speech(self) -> AsyncGenerator[SpeechChunk, None]:
        """Yield it."""
        contest = Contest(self._way, lambda: self._way.cloud.speech(self._text), self._prepared)
        try:
            if await contest.choose(DeviceKnows()) == "device":
                async with contextlib.aclosing(self._by_device(contest)) as chunks:
                    async for chunk in chunks:
                        yield chunk
            if contest.side == "server":
                async with contextlib.aclosing(self._by_server(contest)) as chunks:
                    async for chunk in chunks:
                        yield chunk
        finally:
            contest.close()
            if self._own is not None:
                self._own.drop()

    async def _by_device(self, contest: Contest[bytes]) -> AsyncGenerator[SpeechChunk, None]:
        begun = False
        try:
            async with contextlib.aclosing(self._ahead().take()) as chunks:
                async for chunk in chunks:
                    begun = True
                    yield chunk
        except Exception:
            if begun or not await contest.steps_in():
                raise

    async def _by_server(self, contest: Contest[bytes]) -> AsyncGenerator[SpeechChunk, None]:
        if self._own is not None:
            self._own.drop()
        try:
            async with contextlib.aclosing(contest.of_server()) as pieces:
                async for pcm in pieces:
                    yield SpeechChunk(pcm, rate_hz=CLOUD_RATE_HZ)
        except UplinkError as error:
            raise EngineLostError(str(error)) from error

    async def _prepared(self) -> AsyncGenerator[DeviceKnows | DeviceFailed, None]:
        """Yield that the device's own voice has begun to speak, or cannot."""
        own = self._ahead()
        if await own.begun():
            yield DeviceKnows(is_speakable=True)
        elif own.error is not None:
            yield DeviceFailed()

    def _ahead(self) -> ReadAhead[SpeechChunk]:
        """Return the device's own speech, begun."""
        if self._own is None:
            speech = self._mouth.speech_of(self._text)
            self._own = ReadAhead(speech, self._way.tasks, "own speech ahead")
        return self._own
