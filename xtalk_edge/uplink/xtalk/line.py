"""A line to an X-Talk server: connected again whenever it is lost, used by one at a time."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import random
from collections.abc import AsyncIterator, Callable

from websockets.exceptions import WebSocketException

from xtalk_edge.clock import now_s
from xtalk_edge.errors import EdgeError, UplinkError
from xtalk_edge.net.backoff import Backoff
from xtalk_edge.net.border import BORDER
from xtalk_edge.uplink.inbox import Inbox
from xtalk_edge.uplink.owners_word import heeding
from xtalk_edge.uplink.xtalk.door import Door
from xtalk_edge.uplink.xtalk.facts import (
    Able,
    Action,
    Fact,
    Nonsense,
    Queued,
    Ready,
    Recognised,
    ReplySound,
    Unanswered,
)
from xtalk_edge.uplink.xtalk.failures import is_elsewhere, is_refusal, sentence
from xtalk_edge.uplink.xtalk.generation import ANY, Generation
from xtalk_edge.uplink.xtalk.link import Link
from xtalk_edge.uplink.xtalk.protocol import XTalkProtocol

LOG = logging.getLogger(__name__)

HELD_S = 10.0
"""A session that lasted so long was a good one: the next try comes soon."""
MOST_RESUMED = 3
"""Tries to go on with a session; a server that is asked for one it lost may fail each time."""
MOST_ELSEWHERE = 7
"""The same while the server has it in a connection that is dead, which it notices in 40 s: these
take a minute with their pauses."""
WARN_EVERY_S = 600.0
"""The same trouble is told again after this time; a network that comes and goes does so all day."""
MOST_WARNED = 20
NOT_BEGUN = "the connection to the server is being made"


class XTalkLine:
    """One session with a server, or the next one.

    Args:
        door: opens connections.
        on_change: called whenever anything about it is other than before.
        backoff: how long it waits before it tries again.
        chance: returns a number from 0 to 1, each device its own.
    """

    def __init__(
        self,
        door: Door,
        on_change: Callable[[], None],
        backoff: Backoff | None = None,
        chance: Callable[[], float] = random.random,
    ) -> None:
        self.trouble = NOT_BEGUN
        """Why nothing can be asked now; "" while it can."""
        self.connects = 0
        """How often a session has begun."""
        self._door = door
        self._on_change = on_change
        self._backoff = backoff or Backoff()
        self._chance = chance
        self._link: Link | None = None
        self._session_id = ""
        """Of the session that there is, or that will be gone on with; "" is none."""
        self._failures = 0
        self._may_retry = asyncio.Event()
        """Whether to try at once, rather than when the pause is over."""
        self._one_at_a_time = asyncio.Lock()
        self._inbox: Inbox[Fact] | None = None
        self._warned_s: dict[str, float] = {}
        """When a trouble was last told in the log."""

    # -- what is known of the server -----------------------------------------------------------

    @property
    def is_ready(self) -> bool:
        """Whether there is a session."""
        return self._link is not None and self._link.protocol.is_ready

    @property
    def can_answer_text(self) -> bool:
        """Whether a text may be sent."""
        return self._link is not None and self._link.protocol.can_answer_text

    @property
    def can_speak_text(self) -> bool:
        """Whether texts are spoken."""
        return self._link is not None and self._link.protocol.can_speak_text

    @property
    def generations(self) -> frozenset[Generation]:
        """Those that the server may be."""
        return ANY if self._link is None else self._link.protocol.generations

    # -- its life ------------------------------------------------------------------------------

    async def run(self) -> None:
        """Connect, and again, until this is cancelled; at once when the owner says "go online"."""
        with heeding(self._may_retry.set):
            while True:
                await self._try()

    async def _try(self) -> None:
        """Connect, stay connected, and wait before the next time."""
        began_s = now_s()
        self._may_retry.clear()
        try:
            await self._connect()
        except (EdgeError, OSError, TimeoutError, WebSocketException) as error:
            self._lost(error, held_s=now_s() - began_s)
        pause_s = self._backoff.pause_s(self._failures, self._chance())
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(pause_s):
                await self._may_retry.wait()

    async def _connect(self) -> None:
        BORDER.check()
        socket, has_token = await self._door.open()
        protocol = XTalkProtocol(may_attach=has_token, session_id=self._session_id)
        self._link = Link(socket, self._door.address.host, protocol, self._take)
        await self._link.run()

    def _lost(self, error: Exception, *, held_s: float) -> None:
        was_ready = self.is_ready
        self._link = None
        self._failures = 1 if was_ready and held_s >= HELD_S else self._failures + 1
        if is_refusal(error):
            # Whoever logs in anew is somebody else, whose session it is not.
            self._door.forget()
            self._session_id = ""
        elif not was_ready:
            most = MOST_ELSEWHERE if is_elsewhere(error) else MOST_RESUMED
            if self._failures >= most:
                self._session_id = ""
        reason = sentence(error, self._door.address)
        self._warn(reason)
        self._is_in_trouble(reason)
        if self._inbox is not None:
            self._inbox.fail(UplinkError(reason))

    def _warn(self, reason: str) -> None:
        at_s = now_s()
        is_new = at_s - self._warned_s.get(reason, -WARN_EVERY_S) >= WARN_EVERY_S
        LOG.log(logging.WARNING if is_new else logging.DEBUG, "uplink: %s", reason)
        if is_new:
            if len(self._warned_s) >= MOST_WARNED:
                self._warned_s.clear()
            self._warned_s[reason] = at_s

    # -- what the server tells -----------------------------------------------------------------

    def _take(self, fact: Fact) -> None:
        match fact:
            case Ready(session_id, resumed):
                self._session_id = session_id
                self.connects += 1
                LOG.info("uplink: connected%s", ", conversation resumed" if resumed else "")
                self._is_in_trouble("")
            case Queued(position, limit):
                self._is_in_trouble(
                    f"the server is busy: it serves {limit} at a time, and the device is number "
                    f"{position} of those who wait"
                )
            case Able() | Recognised() | Unanswered():
                self._on_change()
            case Nonsense(reason):
                LOG.debug("uplink: left out: %s", reason)
        if self._inbox is not None:
            self._inbox.put(fact, len(fact.pcm) if isinstance(fact, ReplySound) else 0)

    def _is_in_trouble(self, trouble: str) -> None:
        self.trouble = trouble
        self._on_change()

    # -- one who uses it -----------------------------------------------------------------------

    @contextlib.asynccontextmanager
    async def exchange(self) -> AsyncIterator[Exchange]:
        """Have the line for oneself.

        Raises:
            UplinkError: there is no session.
        """
        async with self._one_at_a_time:
            link = self._link
            if link is None or not self.is_ready:
                raise UplinkError(self.trouble or NOT_BEGUN)
            self._inbox = Inbox()
            try:
                yield Exchange(link, self._inbox)
            finally:
                self._inbox = None


class Exchange:
    """The line in somebody's hands: what is asked, and what comes of it.

    Args:
        link: the connection; when it is lost, this ends.
        inbox: where everything is told.
    """

    def __init__(self, link: Link, inbox: Inbox[Fact]) -> None:
        self._link = link
        self.facts = inbox

    @property
    def protocol(self) -> XTalkProtocol:
        """The session."""
        return self._link.protocol

    def do(self, work: Callable[[float], list[Action]]) -> None:
        """Have the session do something now.

        Raises:
            UplinkError: what `work` raises.
        """
        self._link.do(work)

    def ask(self, request: Callable[[str, float], list[Action]], text: str) -> None:
        """Have the session send a text. Raises as `Link.ask`."""
        self._link.ask(request, text)
