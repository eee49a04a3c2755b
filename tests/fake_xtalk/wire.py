"""One WebSocket on one TCP connection, held by hand: so it can be as rude as the test wants."""

from __future__ import annotations

import asyncio
import contextlib
import json
import socket
import struct
from collections.abc import AsyncIterator
from typing import Any

from websockets.frames import Frame, Opcode
from websockets.http11 import Request
from websockets.protocol import OPEN
from websockets.server import ServerProtocol

from tests.fake_xtalk.news import News

Message = dict[str, Any] | str | bytes
"""A JSON object, a text that is none, or sound."""

READ_BYTES = 65_536


class Wire:
    """Sends and receives messages, until it is told to do worse."""

    def __init__(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, news: News
    ) -> None:
        self._reader = reader
        self._writer = writer
        self._news = news
        self._protocol = ServerProtocol(max_size=None)
        self._write_lock = asyncio.Lock()
        self._released = asyncio.Event()
        self._held: Message | None = None
        self.is_stalled = False
        self.is_frozen = False
        self.duplicates = False
        """Whether every message is sent twice from now on."""
        self.swaps = False
        """Whether the next message is sent after the one that follows it."""
        self.drip_bytes_per_s = 0
        """How slowly bytes leave; 0 is at once."""

    # -- the upgrade ---------------------------------------------------------------------------

    async def upgrade(self, head: bytes) -> bool:
        """Answer the request with that head; tell whether a WebSocket came of it."""
        self._protocol.receive_data(head)
        for event in self._protocol.events_received():
            if isinstance(event, Request):
                self._protocol.send_response(self._protocol.accept(event))
        await self._flush()
        return self._protocol.state is OPEN

    # -- messages ------------------------------------------------------------------------------

    async def messages(self) -> AsyncIterator[Message]:
        """Yield what the client says until either side closes; pings are answered."""
        parts: list[bytes] = []
        is_text = True
        while True:
            data = await self._read()
            if data:
                self._protocol.receive_data(data)
            else:
                self._protocol.receive_eof()
            frames = self._protocol.events_received()
            await self._flush()
            for frame in frames:
                if not isinstance(frame, Frame):
                    continue
                if frame.opcode in (Opcode.TEXT, Opcode.BINARY):
                    parts, is_text = [], frame.opcode is Opcode.TEXT
                elif frame.opcode is not Opcode.CONT:
                    continue
                parts.append(bytes(frame.data))
                if frame.fin:
                    yield _read_message(b"".join(parts), is_text)
            if not data:
                return

    async def say(self, message: Message) -> None:
        """Send one message, or what the wire makes of it."""
        if self.swaps and self._held is None:
            self._held = message
            return
        for _ in range(2 if self.duplicates else 1):
            await self._say(message)
        if self._held is not None:
            held, self._held, self.swaps = self._held, None, False
            await self._say(held)

    @property
    def is_open(self) -> bool:
        """Whether what is said now leaves."""
        ended = self.is_frozen or self._writer.is_closing()
        return self._protocol.state is OPEN and not ended

    async def close(self, code: int, reason: str = "") -> None:
        """Begin to close with any code, also with those that nobody may send."""
        if self._protocol.state is not OPEN:
            return
        if code in _UNSENDABLE:
            payload = struct.pack("!H", code) + reason.encode()
            await self.write(bytes([0x88, len(payload)]) + payload)
            return
        self._protocol.send_close(code, reason)
        await self._flush()

    @property
    def close_code(self) -> int | None:
        """What the client closed with; None while it has not."""
        told = self._protocol.close_rcvd
        return None if told is None else told.code

    # -- worse ---------------------------------------------------------------------------------

    async def stall(self, seconds: float | None) -> None:
        """Let what is under way stand still; pings are answered meanwhile."""
        self.is_stalled = True
        self._news.tell()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._released.wait()
        self.is_stalled = False

    def release(self) -> None:
        """End the stall, and let later ones pass."""
        self._released.set()

    def freeze(self) -> None:
        """Neither read nor write from now on, and say nothing of it: a half-open connection."""
        self.is_frozen = True
        self._writer.transport.pause_reading()  # type: ignore[attr-defined]

    def kill(self) -> None:
        """End the connection without a close frame, as a server that died does."""
        self._writer.close()

    def abort(self) -> None:
        """Be gone, whatever was still to be sent."""
        self._writer.transport.abort()

    def reset(self) -> None:
        """End the connection with a TCP reset."""
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self._writer.transport.abort()

    async def write(self, data: bytes) -> None:
        """Write bytes, at the speed that is set."""
        async with self._write_lock:
            step = max(1, self.drip_bytes_per_s // 50) if self.drip_bytes_per_s else len(data)
            for start in range(0, len(data), step or 1):
                if self.is_frozen or self._writer.is_closing():
                    return
                self._writer.write(data[start : start + step])
                with contextlib.suppress(OSError):
                    await self._writer.drain()
                if self.drip_bytes_per_s:
                    await asyncio.sleep(step / self.drip_bytes_per_s)

    # -- within --------------------------------------------------------------------------------

    @property
    def _socket(self) -> Any:
        return self._writer.get_extra_info("socket")

    async def _read(self) -> bytes:
        try:
            data = await self._reader.read(READ_BYTES)
        except OSError:
            return b""
        if self.is_frozen:
            await asyncio.Event().wait()
        return data

    async def _say(self, message: Message) -> None:
        if not self.is_open:
            return
        if isinstance(message, bytes):
            self._protocol.send_binary(message)
        else:
            text = message if isinstance(message, str) else json.dumps(message)
            self._protocol.send_text(text.encode())
        await self._flush()

    async def _flush(self) -> None:
        for data in self._protocol.data_to_send():
            if data:
                await self.write(data)
            elif not self.is_frozen:
                self._writer.close()


_UNSENDABLE = {1004, 1005, 1006, 1015}
"""RFC 6455 section 7.4.1 keeps them for what is not said on the wire."""


def _read_message(data: bytes, is_text: bool) -> Message:
    if not is_text:
        return data
    text = data.decode(errors="replace")
    try:
        read = json.loads(text)
    except ValueError:
        return text
    return read if isinstance(read, dict) else text
