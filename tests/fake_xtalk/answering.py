"""One reply, or one text that is only spoken: text and sound in the order of a generation."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Callable
from typing import Any, Protocol

from tests.fake_xtalk.faults import Point
from tests.fake_xtalk.script import RATE_HZ, Piece, Reply, Traits, sound_of

STOP_ANSWER_S = 0.5
"""How long a later generation waits to be told what was played of what it stopped."""


class Line(Protocol):
    """What a reply needs of its session."""

    traits: Traits

    async def send(self, action: str, data: Any = "") -> None:
        """Send a message with that action."""

    async def send_sound(self, sound: bytes) -> None:
        """Send one binary message, and what belongs to it."""

    async def at(self, point: Point, turn: int) -> None:
        """Let happen what the script wants here."""


class Answering:
    """Says a reply; it can be paused, acknowledged and stopped."""

    def __init__(
        self,
        line: Line,
        reply: Reply,
        asked: str,
        *,
        number: int,
        turn: int,
        on_start: Callable[[], None],
    ) -> None:
        self._line = line
        self._traits = line.traits
        self._reply = reply
        self._number = number
        self.turn = turn
        self.asked = asked
        """What it is the reply to; "" where a text is only spoken."""
        self._on_start = on_start
        self._going = asyncio.Event()
        self._going.set()
        self._pieces: asyncio.Queue[Piece | None] = asyncio.Queue()
        for piece in reply.pieces:
            self._pieces.put_nowait(piece)
        self._acks: asyncio.Queue[None] = asyncio.Queue()
        self._played = asyncio.Event()
        self.told = ""
        """What the client was told of the text."""
        self._n_portions = sum(len(self._chunks(piece)) for piece in reply.pieces)
        self._n_sent = 0
        self._n_finished = 0
        self.is_thinking = self.has_text
        """Whether the agent is still at it, as far as the client can tell."""

    @property
    def has_text(self) -> bool:
        """Whether it is a reply of the agent; else a text is only spoken."""
        return bool(self.asked)

    @property
    def names(self) -> dict[str, Any]:
        """What tells this reply from others in messages."""
        traits = self._traits
        if traits.response_ids:
            return {"response_id": f"response-{self._number}"}
        return {"turn_id": self._number} if traits.turn_ids else {}

    # -- what the client does to it ------------------------------------------------------------

    def append(self, piece: Piece) -> None:
        """Add words to a text that is spoken."""
        self._pieces.put_nowait(piece)

    def flush(self) -> None:
        """No more words come."""
        self._pieces.put_nowait(None)

    @property
    def is_paused(self) -> bool:
        """Whether it stands still."""
        return not self._going.is_set()

    def pause(self) -> None:
        """Stand still before the next words."""
        self._going.clear()

    def resume(self) -> None:
        """Go on."""
        self._going.set()

    def acknowledge(self, data: dict[str, object]) -> None:
        """Take the client's word that one binary message was played."""
        if self._is_meant(data):
            self._acks.put_nowait(None)

    def played(self, data: dict[str, object]) -> bool:
        """Take the client's word that all was played; tell whether it means this reply."""
        if self._is_meant(data):
            self._played.set()
        return self._played.is_set()

    def _is_meant(self, data: dict[str, object]) -> bool:
        wanted = self.names.get("response_id")
        return wanted is None or data.get("response_id") == wanted

    # -- the reply -----------------------------------------------------------------------------

    async def run(self) -> None:
        """Say it to the end."""
        if self._reply.tool:
            await self._line.send("tool_called", {"name": self._reply.tool, "args": {}})
        if self._traits.playback_driven:
            await self._driven_by_playback()
        elif self.has_text:
            await self._driven_by_the_agent()
        else:
            await self._only_spoken()
        if self._reply.error:
            await self._line.send("error", self._reply.error)
        await self._line.at(Point.OVER, self.turn)

    async def conclude(self) -> None:
        """Tell the text of a reply that was stopped, as far as it went."""
        if self.is_thinking and self.told:
            await self._finish_text()

    async def _driven_by_the_agent(self) -> None:
        pieces = self._reply.pieces
        later = self._traits.finish_resp == "early"
        for i, piece in enumerate(pieces):
            await asyncio.sleep(piece.after_s)
            await self._going.wait()
            await self._tell(piece.text, i)
            if i == 0:
                await self._begin_sound()
            if i == len(pieces) - 1 and self._traits.finish_resp != "late":
                await self._finish_text()
            if not later:
                await self._sound([piece], is_last=i == len(pieces) - 1)
        if later:
            await self._sound(list(pieces), is_last=True)
        if self._traits.finish_resp == "late" and pieces:
            await self._finish_text()
        self.is_thinking = False

    async def _only_spoken(self) -> None:
        first = await self._pieces.get()
        await self._begin_sound()
        piece: Piece | None = first
        while piece is not None:
            following = await self._pieces.get()
            await self._sound([piece], is_last=following is None)
            piece = following

    async def _driven_by_playback(self) -> None:
        """Sound first, in portions; words as far as the client says that it has heard them."""
        under_way: deque[str] = deque()
        await self._begin_sound()
        n_told = 0

        async def confirm() -> None:
            nonlocal n_told
            await self._acks.get()
            if words := under_way.popleft():
                await self._tell(words, n_told)
                n_told += 1

        most = max(1, self._traits.window_ms // max(1, self._traits.chunk_ms))
        async for chunk, words, is_last in self._portions():
            while len(under_way) >= most and self._traits.window_ms:
                await confirm()
            under_way.append(words)
            await self._send_portion(chunk, is_last)
        await self._finish_sound()
        while under_way:
            await confirm()
        await self._played.wait()
        if self.has_text and self.told:
            await self._finish_text()
        self.is_thinking = False

    async def _portions(self) -> AsyncIterator[tuple[bytes, str, bool]]:
        """Yield portions of sound, the words that end with each, and whether it is the last."""
        if self.has_text:
            self.flush()
        piece = await self._pieces.get()
        while piece is not None:
            await asyncio.sleep(piece.after_s)
            chunks = await self._synthesise(piece)
            following = await self._pieces.get()
            for i, chunk in enumerate(chunks):
                ends = i == len(chunks) - 1
                yield chunk, piece.text if ends else "", ends and following is None
            piece = following

    # -- its parts -----------------------------------------------------------------------------

    async def _tell(self, words: str, i: int) -> None:
        self.told += words
        if not self.has_text:
            return
        await self._line.send("update_resp", {"text": self.told, **self.names})
        if i == 0:
            await self._line.at(Point.FIRST_TEXT, self.turn)
        if i + 1 == (len(self._reply.pieces) + 1) // 2:
            await self._line.at(Point.MID_TEXT, self.turn)

    async def _finish_text(self) -> None:
        await self._line.at(Point.FINISH_RESP, self.turn)
        self.is_thinking = False
        await self._line.send("finish_resp", {"text": self.told, **self.names})

    async def _begin_sound(self) -> None:
        await self._line.at(Point.START_TTS, self.turn)
        self._on_start()
        names = self.names if self._traits.response_ids else ""
        await self._line.send("start_tts", names)

    async def _sound(self, pieces: list[Piece], *, is_last: bool) -> None:
        for n, piece in enumerate(pieces):
            chunks = await self._synthesise(piece)
            ends = is_last and n == len(pieces) - 1
            for i, chunk in enumerate(chunks):
                await self._going.wait()
                await self._send_portion(chunk, ends and i == len(chunks) - 1)
            if self._traits.tts_finished == "each piece":
                await self._tell_finished()
        if is_last and self._traits.tts_finished == "once" and self._n_sent:
            await self._finish_sound()
        if is_last and self._traits.tts_finished == "never":
            await self._line.at(Point.TTS_FINISHED, self.turn)

    async def _send_portion(self, chunk: bytes, is_last: bool) -> None:
        if self._n_sent == 0:
            await self._line.at(Point.FIRST_AUDIO, self.turn)
        if is_last:
            if self._traits.tts_finished == "early":
                await self._tell_finished()
            await self._line.at(Point.LAST_AUDIO, self.turn)
        await self._line.send_sound(chunk)
        self._n_sent += 1
        if self._n_sent == max(1, (self._n_portions + 1) // 2):
            await self._line.at(Point.MID_AUDIO, self.turn)

    async def _finish_sound(self) -> None:
        if self._traits.tts_finished != "early":
            await self._tell_finished()

    async def _tell_finished(self) -> None:
        if self._n_finished == 0:
            await self._line.at(Point.TTS_FINISHED, self.turn)
        self._n_finished += 1
        names: dict[str, Any] = self.names if self._traits.response_ids else {}
        await self._line.send("tts_finished", names)

    async def _synthesise(self, piece: Piece) -> list[bytes]:
        if not self._traits.has_tts:
            await self._line.send("error", "TTS model is not configured")
        return self._chunks(piece)

    def _chunks(self, piece: Piece) -> list[bytes]:
        sound = sound_of(piece, self._traits.sound) if self._traits.has_tts else b""
        step = 2 * RATE_HZ * self._traits.chunk_ms // 1000 or len(sound) or 1
        return [sound[start : start + step] for start in range(0, len(sound), step)]


async def end(task: asyncio.Task[None]) -> None:
    """Cancel a reply and wait until it has ended."""
    task.cancel()
    # Not by awaiting it: a cancellation of the caller must reach the caller.
    await asyncio.wait([task])
