"""A page that is open in a browser, as the device sees it, and who deals with it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Protocol

from websockets.asyncio.server import ServerConnection, broadcast

from xtalk_edge.errors import UplinkError
from xtalk_edge.net.border import BORDER, Kind
from xtalk_edge.net.host_names import is_this_machine
from xtalk_edge.service.page.allowance import Allowance
from xtalk_edge.service.page.commands import Command

MESSAGES_AT_ONCE, MESSAGES_PER_S = 40, 20
"""A page sends as many while its volume is turned."""

SOUND_AT_ONCE_BYTES, SOUND_BYTES_PER_S = 96_000, 48_000
"""Three seconds, and half as fast again as it is spoken."""

MOST_BEHIND_BYTES = 1_000_000
"""What may wait for a page that does not take it; then it is left, and comes back by itself."""


class Page:
    """One that is open."""

    def __init__(self, connection: ServerConnection) -> None:
        self._connection = connection
        self._host = peer_of(connection)
        self._is_elsewhere = not is_this_machine(self._host)
        self.messages = Allowance(MESSAGES_AT_ONCE, MESSAGES_PER_S)
        self.sound = Allowance(SOUND_AT_ONCE_BYTES, SOUND_BYTES_PER_S)

    def tell(self, told: Mapping[str, Any]) -> None:
        """Show it something."""
        self.send(json.dumps(told, ensure_ascii=False, separators=(",", ":")))

    def refusal(self) -> str:
        """Return why nothing may be shown to it; "" where something may."""
        try:
            if self._is_elsewhere:
                BORDER.check("text")
        except UplinkError as error:
            return str(error)
        return ""

    def send(self, message: str | bytes) -> None:
        """Send it a message; one that lies far behind, or may be told nothing any more, is left."""
        behind_bytes = self._connection.transport.get_write_buffer_size()
        if behind_bytes > MOST_BEHIND_BYTES or self.refusal():
            self._connection.transport.abort()
        elif self._may_leave(message):
            broadcast([self._connection], message)

    def _may_leave(self, message: str | bytes) -> bool:
        """Count what goes to another machine; tell whether it may."""
        if not self._is_elsewhere:
            return True
        kind: Kind = "text" if isinstance(message, str) else "audio"
        content = message.encode() if isinstance(message, str) else message
        if is_open := BORDER.is_open(kind):
            BORDER.send(self._host, kind, len(content))
        return is_open


class Desk(Protocol):
    """Knows what pages show, and does what they ask."""

    def opened(self, page: Page) -> None:
        """Show everything to a page that was opened just now."""

    def left(self, page: Page) -> None:
        """Take that it was closed."""

    def obey(self, command: Command, page: Page) -> str:
        """Do what it asks; return a sentence where that cannot be."""

    def hear(self, pcm: bytes, page: Page) -> None:
        """Take sound from its microphone, s16le at 16 kHz; nothing is the end of it."""


def peer_of(connection: ServerConnection) -> str:
    """Return the number of the machine at the other end; "" when it is gone."""
    address = connection.remote_address
    return str(address[0]) if address else ""
