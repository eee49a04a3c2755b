"""A visit to a server, to find out what it is: connects once, tries what it can do, and leaves."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from dataclasses import replace

from websockets.asyncio.client import ClientConnection
from websockets.exceptions import WebSocketException

from xtalk_edge.config.uplink import UplinkConfig
from xtalk_edge.errors import EdgeError, UplinkError
from xtalk_edge.net.address import Address
from xtalk_edge.net.border import BORDER
from xtalk_edge.net.websocket import proxy_to
from xtalk_edge.tasks import TaskOwner
from xtalk_edge.uplink.check.notes import VisitNotes
from xtalk_edge.uplink.check.report import Findings
from xtalk_edge.uplink.check.trial import Trials
from xtalk_edge.uplink.xtalk.door import Door
from xtalk_edge.uplink.xtalk.facts import Able, Measured, Nonsense, Queued, Ready
from xtalk_edge.uplink.xtalk.failures import sentence
from xtalk_edge.uplink.xtalk.link import Link
from xtalk_edge.uplink.xtalk.protocol import XTalkProtocol

READY_S = 8.0
"""A server that restores a conversation takes a second, and one that wants no greeting five."""
QUEUED_S = 3.0
"""An owner who wants to know does not wait for others to finish; a place may be free at once."""
CAPABLE_S = 1.0
"""The plugin answers within a round trip."""
PINGS = 5
PINGS_S = 5.0

Tell = Callable[[str], None]


async def visit(config: UplinkConfig, tell: Tell, *, tries: bool = True) -> Findings:
    """Return what is found out about a server; nothing that is wrong with it is an error.

    Args:
        config: where it is, and whom to believe.
        tell: called with what is being done.
        tries: whether a text is answered and another spoken: words leave the device.

    Raises:
        ConfigError: a file or a token is not where it should be.
    """
    door = Door(config)
    address = door.address
    found = Findings(
        config.url,
        leaves_in_clear=not address.is_encrypted,
        is_elsewhere=not address.is_loopback,
        proxy=proxy_to(address),
    )
    tell(f"connecting to {address.netloc}")
    try:
        BORDER.check()
        socket, has_token = await door.open()
    except (EdgeError, OSError, TimeoutError, WebSocketException) as error:
        return replace(found, trouble=sentence(error, address))
    return await _Visit(address, socket, has_token, tell).run(found, tries=tries)


class _Visit:
    """One connection, looked at from all sides."""

    def __init__(
        self, address: Address, socket: ClientConnection, has_token: bool, tell: Tell
    ) -> None:
        self._address = address
        self._socket = socket
        self._tell = tell
        self._notes = VisitNotes()
        self._protocol = XTalkProtocol(may_attach=has_token)
        self._link = Link(socket, address.host, self._protocol, self._notes.add)

    async def run(self, found: Findings, *, tries: bool) -> Findings:
        """Return what was found, and what this adds to it."""
        tasks = TaskOwner()
        connection = tasks.start(self._link.run(), "uplink check")
        connection.add_done_callback(self._notes.end)
        try:
            found = await self._look(found, tries=tries)
        except UplinkError as error:
            found = replace(found, trouble=str(error))
        finally:
            lost = connection.exception() if connection.done() else None
            await tasks.aclose()
        if isinstance(lost, Exception):
            found = replace(found, trouble=sentence(lost, self._address))
        return replace(
            found,
            generations=self._protocol.generations,
            nonsense=tuple(each.reason for each in self._notes.of(Nonsense)),
        )

    async def _look(self, found: Findings, *, tries: bool) -> Findings:
        notes = self._notes
        self._tell("waiting to be greeted")
        trouble = await self._greeted()
        if not notes.of(Ready):
            return replace(found, trouble=trouble)
        found = replace(found, is_ready=True, round_trips_s=await self._pings())
        self._tell("asking what it can do")
        await notes.until(lambda: bool(notes.of(Able) and notes.of(Measured)), CAPABLE_S)
        measured = notes.of(Measured)
        is_xtalk = bool(self._protocol.session_id or notes.of(Able) or measured or notes.of(Queued))
        found = replace(
            found,
            is_xtalk=is_xtalk,
            has_plugin=bool(notes.of(Able)),
            clock_offset_s=measured[-1].clock_offset_s if measured else None,
        )
        if tries and is_xtalk:
            found = await self._try(found)
        return replace(
            found,
            can_answer_text=self._protocol.can_answer_text,
            can_speak_text=self._protocol.can_speak_text,
        )

    async def _greeted(self) -> str:
        """Wait for a session; return why there is none."""
        notes = self._notes
        await notes.until(lambda: bool(notes.of(Ready) or notes.of(Queued)), READY_S)
        if not notes.of(Queued):
            return "the server opens a WebSocket and says nothing; is it an X-Talk server?"
        self._tell("waiting for a place")
        await notes.until(lambda: bool(notes.of(Ready)), QUEUED_S)
        last = notes.of(Queued)[-1]
        return (
            f"the server is busy: it serves {last.limit} at a time, and the device would be number "
            f"{last.position} of those who wait"
        )

    async def _pings(self) -> tuple[float, ...]:
        self._tell("measuring the round trip")
        took_s: list[float] = []
        with contextlib.suppress(TimeoutError, WebSocketException):
            async with asyncio.timeout(PINGS_S):
                for _ in range(PINGS):
                    took_s.append(await (await self._socket.ping()))
        return tuple(took_s)

    async def _try(self, found: Findings) -> Findings:
        trials = Trials(self._link, self._notes)
        if self._protocol.can_answer_text:
            self._tell("asking its agent something")
            found = replace(found, question=await trials.question())
        if self._protocol.can_speak_text:
            self._tell("having it speak")
            found = replace(found, recital=await trials.recital())
        return found
