"""The server of `xtalk-edge bench uplink`, in a process of its own: it answers everything at once.

It speaks the protocol of a server that greets unasked, with the plugin, and prints its port. With
the argument "rude" it ends each connection as soon as the session has begun, by turns without a
word, with a goodbye, and by nonsense.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import sys
from collections.abc import Awaitable, Callable
from typing import Any

from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import ConnectionClosed

from xtalk_edge.clock import wall_now
from xtalk_edge.uplink.cloud import CLOUD_RATE_HZ

SOUND = bytes(2 * CLOUD_RATE_HZ // 10)
"""A tenth of a second."""
REPLY = ("It is", "It is ten.")


class Visit:
    """One client."""

    def __init__(self, socket: ServerConnection, end: str) -> None:
        self._socket = socket
        self._end = end
        self._turns = itertools.count(1)

    async def serve(self) -> None:
        """Answer until either side has enough."""
        await self._say("session_info", {"session_id": "bench"})
        async for message in self._socket:
            if isinstance(message, str):
                told = json.loads(message)
                does = self._does.get(told["action"])
                if does is not None:
                    await does(self, told)

    async def _say(self, action: str, data: Any = "") -> None:
        await self._socket.send(json.dumps({"action": action, "data": data}))

    async def _pong(self, told: dict[str, Any]) -> None:
        server_ms = round(1000 * wall_now().timestamp())
        times = {"client_timestamp": told["timestamp"], "server_recv_timestamp": server_ms}
        await self._socket.send(json.dumps({"action": "pong"} | times))

    async def _tell_capabilities(self, _told: dict[str, Any]) -> None:
        able = {"submit_text": True, "speak": True, "version": 1}
        await self._say("edge_capabilities", able)

    async def _answer(self, told: dict[str, Any]) -> None:
        turn = {"turn_id": next(self._turns)}
        await self._say("stop_tts")
        await self._say("finish_asr", {"text": told.get("text", "what time is it")} | turn)
        await self._say("update_resp", {"text": REPLY[0]} | turn)
        await self._say("start_tts")
        await self._socket.send(SOUND)
        await self._say("finish_resp", {"text": REPLY[1]} | turn)
        await self._say("tts_finished", {})

    async def _leave(self, _told: dict[str, Any]) -> None:
        match self._end:
            case "without a word":
                self._socket.transport.abort()
            case "with a goodbye":
                await self._socket.close(1001)
            case "by nonsense":
                self._socket.transport.write(b"\xff\xff")

    _does: dict[str, Callable[[Visit, dict[str, Any]], Awaitable[None]]] = {  # noqa: RUF012
        "ping": _pong,
        "edge_capabilities": _tell_capabilities,
        "submit_text": _answer,
        "vad_speech_end": _answer,
        "clock_sync": _leave,
    }


async def main() -> None:
    """Serve until the process is ended."""
    rude = "rude" in sys.argv
    ends = itertools.cycle(("without a word", "with a goodbye", "by nonsense") if rude else ("",))

    async def visit(socket: ServerConnection) -> None:
        try:
            await Visit(socket, next(ends)).serve()
        except ConnectionClosed:
            return

    async with serve(visit, "127.0.0.1", 0, compression=None) as server:
        print(next(iter(server.sockets)).getsockname()[1], flush=True)  # noqa: T201
        await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main())
