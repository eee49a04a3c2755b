"""What was said, by whom and when; tests wait for it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

from tests.fake_xtalk.wire import Message

PATIENCE_S = 10.0
"""After which a test that waits in vain fails; nothing on loopback takes as long."""


@dataclass(frozen=True, slots=True)
class Said:
    """One message."""

    at_s: float
    """On the event loop's clock."""
    connection: int
    """Number of the connection, from 1."""
    message: Message

    @property
    def action(self) -> str:
        """Its action; "binary" of sound; "" of a text that is no object."""
        if isinstance(self.message, bytes):
            return "binary"
        if isinstance(self.message, str):
            return ""
        return str(self.message.get("action", ""))

    @property
    def data(self) -> dict[str, object]:
        """What it says: its `data` where it has any, else all of it."""
        if not isinstance(self.message, dict):
            return {}
        inner = self.message.get("data")
        return inner if isinstance(inner, dict) else self.message


class Record:
    """All messages of one direction, in order, over all connections."""

    def __init__(self) -> None:
        self.all: list[Said] = []
        self._changed = asyncio.Event()

    def add(self, connection: int, message: Message) -> None:
        """Write one down."""
        now_s = asyncio.get_running_loop().time()
        self.all.append(Said(now_s, connection, message))
        self._changed.set()

    def actions(self, connection: int | None = None) -> list[str]:
        """Return the actions in order, of one connection or of all."""
        return [said.action for said in self.all if connection in (None, said.connection)]

    def of(self, action: str) -> list[Said]:
        """Return the messages with that action."""
        return [said for said in self.all if said.action == action]

    async def wait(self, wanted: str | Callable[[Said], bool], nth: int = 1) -> Said:
        """Return the nth message of that action, or for which `wanted` holds, when it comes."""
        is_wanted = wanted if callable(wanted) else lambda said: said.action == wanted
        async with asyncio.timeout(PATIENCE_S):
            while True:
                self._changed.clear()
                found = [said for said in self.all if is_wanted(said)]
                if len(found) >= nth:
                    return found[nth - 1]
                await self._changed.wait()
