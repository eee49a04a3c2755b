"""What was said, by whom and when; tests wait for it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

from tests.fake_xtalk.news import News
from tests.fake_xtalk.wire import Message


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
        self._news = News()

    def add(self, connection: int, message: Message) -> None:
        """Write one down."""
        now_s = asyncio.get_running_loop().time()
        self.all.append(Said(now_s, connection, message))
        self._news.tell()

    def actions(self, connection: int | None = None) -> list[str]:
        """Return the actions in order, of one connection or of all."""
        return [said.action for said in self.all if connection in (None, said.connection)]

    def of(self, action: str) -> list[Said]:
        """Return the messages with that action."""
        return [said for said in self.all if said.action == action]

    async def wait(self, wanted: str | Callable[[Said], bool], nth: int = 1) -> Said:
        """Return the nth message of that action, or for which `wanted` holds, when it comes."""
        is_wanted = wanted if callable(wanted) else lambda said: said.action == wanted
        await self._news.until(lambda: sum(map(is_wanted, self.all)) >= nth)
        return [said for said in self.all if is_wanted(said)][nth - 1]
