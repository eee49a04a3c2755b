"""One open connection: carries what the protocol wants sent, and brings it what comes."""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Callable

from websockets.asyncio.client import ClientConnection

from xtalk_edge.clock import now_s, wall_now
from xtalk_edge.errors import UplinkError
from xtalk_edge.net.border import BORDER
from xtalk_edge.tasks import TaskOwner
from xtalk_edge.uplink.news import News
from xtalk_edge.uplink.owners_word import heeding
from xtalk_edge.uplink.xtalk.facts import Action, Fact, Send
from xtalk_edge.uplink.xtalk.protocol import XTalkProtocol

LOG = logging.getLogger(__name__)

MOST_WAITING = 2_000
"""Messages that were not sent yet; a minute of speech. Whoever takes less cannot follow."""


class Link:
    """One connection, from open to lost.

    Args:
        socket: an open WebSocket.
        host: what it leads to, as the border counts it.
        protocol: a session that has not begun.
        tell: called with every fact, in order.
    """

    def __init__(
        self,
        socket: ClientConnection,
        host: str,
        protocol: XTalkProtocol,
        tell: Callable[[Fact], None],
    ) -> None:
        self.protocol = protocol
        self._socket = socket
        self._host = host
        self._tell = tell
        self._outbox: deque[str | bytes] = deque()
        self._mail = News()
        self._timer: asyncio.TimerHandle | None = None
        self._timer_s: float | None = None
        self._lost: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    async def run(self) -> None:
        """Serve until the connection is lost; it is closed then.

        Raises:
            UplinkError: the server is dead or no X-Talk server, or the owner said "go offline".
            websockets.exceptions.ConnectionClosed: the connection was lost.
        """
        tasks = TaskOwner()
        try:
            self._read_clocks()
            self.protocol.open(now_s())
            self._wind()
            for work, name in ((self._read(), "uplink reader"), (self._write(), "uplink writer")):
                tasks.start(work, name).add_done_callback(self._on_done)
            with heeding(self._obey):
                # Said while the connection was being made.
                self._obey()
                await self._lost
        finally:
            self._lost.cancel()
            if self._timer is not None:
                self._timer.cancel()
            await tasks.aclose()
            await self._socket.close()

    def do(self, work: Callable[[float], list[Action]]) -> None:
        """Have the protocol do something at the present time, and carry it out.

        Raises:
            UplinkError: what `work` raises.
        """
        self._carry_out(work(now_s()))

    def ask(self, request: Callable[[str, float], list[Action]], text: str) -> None:
        """Have the protocol send a text, and have it counted before.

        Raises:
            UplinkError: no text may leave the device; and what `request` raises.
        """
        # Refused here, nothing has come of it yet.
        BORDER.check("text")
        actions = request(text, now_s())
        sent = [str(action.message) for action in actions if isinstance(action, Send)]
        BORDER.send(self._host, "text", sum(len(each.encode()) for each in sent))
        self._carry_out(actions)

    def end(self, error: BaseException) -> None:
        """Have the connection end for a reason."""
        if not self._lost.done():
            self._lost.set_exception(error)

    # -- out -----------------------------------------------------------------------------------

    def _send(self, message: str | bytes) -> None:
        if isinstance(message, bytes):
            try:
                BORDER.send(self._host, "audio", len(message))
            except UplinkError as error:
                # Said "go offline" in mid-sentence: the rest stays here.
                LOG.debug("not sent: %s", error)
                return
        if len(self._outbox) >= MOST_WAITING:
            self.end(UplinkError("the network is too slow for what the device has to say"))
            return
        self._outbox.append(message)
        self._mail.tell()

    async def _write(self) -> None:
        while True:
            while self._outbox:
                await self._socket.send(self._outbox.popleft())
            await self._mail.next()

    # -- in ------------------------------------------------------------------------------------

    async def _read(self) -> None:
        while True:
            message = await self._socket.recv()
            self._carry_out(self.protocol.receive(message, now_s()))

    def _on_done(self, task: asyncio.Task[None]) -> None:
        if not task.cancelled() and (error := task.exception()) is not None:
            self.end(error)

    # -- both ----------------------------------------------------------------------------------

    def _carry_out(self, actions: list[Action]) -> None:
        for action in actions:
            if isinstance(action, Send):
                self._send(action.message)
            else:
                self._tell(action)
        self._wind()

    def _wind(self) -> None:
        """Be called when the protocol wants to be."""
        wake_at_s = self.protocol.wake_at_s
        if wake_at_s == self._timer_s:
            return
        if self._timer is not None:
            self._timer.cancel()
        self._timer, self._timer_s = None, wake_at_s
        if wake_at_s is not None and not self._lost.done():
            self._timer = asyncio.get_running_loop().call_at(wake_at_s, self._tick)

    def _tick(self) -> None:
        # The loop rounds: what is due by its clock is due.
        at_s = max(now_s(), self._timer_s or 0.0)
        self._timer = self._timer_s = None
        self._read_clocks()
        try:
            self._carry_out(self.protocol.tick(at_s))
        except UplinkError as error:
            self.end(error)

    def _obey(self) -> None:
        try:
            BORDER.check()
        except UplinkError as error:
            self.end(error)

    def _read_clocks(self) -> None:
        self.protocol.epoch_offset_s = wall_now().timestamp() - now_s()
