"""A server on loopback that takes texts as an X-Talk server does, and stands still."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from websockets.asyncio.server import ServerConnection, serve

from xtalk_edge.tasks import TaskOwner

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


class StallingServer:
    """Stands still in each turn before message number `stall_at`; None is never."""

    def __init__(self) -> None:
        self.stall_at: int | None = None
        self.url = ""
        self._tasks = TaskOwner()

    @asynccontextmanager
    async def running(self) -> AsyncIterator[StallingServer]:
        """Listen until the end."""
        async with serve(self._meet, "127.0.0.1", 0) as server:
            host, port = next(iter(server.sockets)).getsockname()[:2]
            self.url = f"ws://{host}:{port}/ws"
            try:
                yield self
            finally:
                await self._tasks.aclose()

    async def _meet(self, client: ServerConnection) -> None:
        await _say(client, "session_info", {"session_id": "bench"})
        turn: asyncio.Task[None] | None = None
        async for message in client:
            asked = json.loads(message) if isinstance(message, str) else {}
            match asked.get("action"):
                case "edge_capabilities":
                    able = {"submit_text": True, "speak": False, "version": 1}
                    await _say(client, "edge_capabilities", able)
                case "submit_text" | "stop" as action:
                    if turn is not None:
                        turn.cancel()
                    if action == "submit_text":
                        turn = self._tasks.start(self._answer(client, asked["text"]), "turn")

    async def _answer(self, client: ServerConnection, text: str) -> None:
        for number, message in enumerate(messages(text)):
            if number == self.stall_at:
                await asyncio.Event().wait()
            await client.send(json.dumps(message))
            await asyncio.sleep(WORD_S)


async def _say(client: ServerConnection, action: str, data: dict[str, Any]) -> None:
    await client.send(json.dumps({"action": action, "data": data}))
