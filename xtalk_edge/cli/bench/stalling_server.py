"""A server on loopback that takes texts as an X-Talk server does, and stands still."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import ConnectionClosed

from xtalk_edge.tasks import TaskOwner

from .uplink_server import Visit

REPLY = "It is ten past four. The sun is out today."

WORD_S = 0.01
"""Between two messages: a model on a graphics processor."""


def messages(text: str) -> list[dict[str, Any]]:
    """Return what a server says in one turn, in order."""
    words = REPLY.split()
    so_far = [" ".join(words[: count + 1]) for count in range(len(words))]
    return [
        {"action": "stop_tts", "data": ""},
        {"action": "finish_asr", "data": {"text": text, "is_final": True, "turn_id": 1}},
        *({"action": "update_resp", "data": {"text": each, "turn_id": 2}} for each in so_far),
        {"action": "finish_resp", "data": {"text": REPLY, "turn_id": 2}},
    ]


POINTS = len(messages(""))
"""Places in a turn at which it can stand still: before each of its messages."""


class _Visit(Visit):
    """One client; what it asks for is answered beside it, so that it may stop that."""

    def __init__(self, socket: ServerConnection, server: StallingServer) -> None:
        super().__init__(socket, "")
        self._server = server
        self._turn: asyncio.Task[None] | None = None

    async def _begin(self, told: dict[str, Any]) -> None:
        await self._end_turn(told)
        self._turn = self._server.tasks.start(self._tell(told["text"]), "turn")

    async def _end_turn(self, _told: dict[str, Any]) -> None:
        if self._turn is not None:
            self._turn.cancel()

    async def _tell(self, text: str) -> None:
        for number, message in enumerate(messages(text)):
            if number == self._server.stall_at:
                await asyncio.Event().wait()
            await self._socket.send(json.dumps(message))
            await asyncio.sleep(WORD_S)

    _does = Visit._does | {"submit_text": _begin, "stop": _end_turn}  # type: ignore[assignment]


class StallingServer:
    """Stands still in each turn before message number `stall_at`; None is never."""

    def __init__(self) -> None:
        self.stall_at: int | None = None
        self.url = ""
        self.tasks = TaskOwner()
        """Own the turns."""

    @asynccontextmanager
    async def running(self) -> AsyncIterator[StallingServer]:
        """Listen until the end."""
        async with serve(self._meet, "127.0.0.1", 0) as server:
            host, port = next(iter(server.sockets)).getsockname()[:2]
            self.url = f"ws://{host}:{port}/ws"
            try:
                yield self
            finally:
                await self.tasks.aclose()

    async def _meet(self, client: ServerConnection) -> None:
        with contextlib.suppress(ConnectionClosed):
            await _Visit(client, self).serve()
