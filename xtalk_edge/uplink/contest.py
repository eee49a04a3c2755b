"""Device and server at work on the same turn, and the machine that says whose answer counts."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import math
from collections.abc import AsyncGenerator, Callable
from typing import Generic, TypeVar

from xtalk_edge.audio.live_speech import LiveSpeech
from xtalk_edge.clock import now_s
from xtalk_edge.errors import UplinkError, places_of, problem_of
from xtalk_edge.tasks import ReadAhead
from xtalk_edge.uplink.choice import (
    Abandoned,
    Action,
    AskServer,
    DeviceFailed,
    DeviceKnows,
    Drop,
    Fact,
    GiveUp,
    GoOn,
    Judge,
    LetAnswer,
    PrepareDevice,
    ServerEnded,
    ServerFailed,
    ServerSent,
    Side,
    Why,
)
from xtalk_edge.uplink.policy import Hedge
from xtalk_edge.uplink.way import Way

log = logging.getLogger(__name__)

T = TypeVar("T", bound=str | bytes | LiveSpeech)
Item = TypeVar("Item")


class Contest(Generic[T]):
    """One turn; to be closed, however it ends.

    Args:
        way: to the server.
        ask: asks it; yields what becomes speakable, and something empty as a sign of life.
        prepare: lets the device prepare; yields what it finds out about its answer.
    """

    def __init__(
        self,
        way: Way,
        ask: Callable[[], AsyncGenerator[T, None]],
        prepare: Callable[[], AsyncGenerator[DeviceKnows | DeviceFailed, None]],
    ) -> None:
        self._way = way
        self._ask = ask
        self._prepare = prepare
        barred = way.barred()
        self._unjudged = barred is None
        self._hedge = Hedge(way.policy, barred)
        self._news = asyncio.Event()
        self._device: ReadAhead[DeviceKnows | DeviceFailed] | None = None
        self._server: ReadAhead[T] | None = None
        self._device_taken = self._server_taken = 0
        self._server_over = False
        self.side: Side | None = None
        """Who answers; None while that is open."""
        self._lost = self._hopeless = False

    async def choose(self, known: DeviceKnows | None = None, since_s: float | None = None) -> Side:
        """Return who answers.

        Args:
            known: what the device has found out already.
            since_s: since when it has looked at the text; None for only now.

        Raises:
            UplinkError: nobody can.
        """
        self._perform(self._hedge.begin(now_s(), known, since_s))
        return await self._settled()

    async def steps_in(self) -> bool:
        """Tell whether the server answers now that the device, which was to, could not."""
        self.side = None
        self._tell(DeviceFailed())
        with contextlib.suppress(UplinkError):
            return await self._settled() == "server"
        return False

    async def of_server(self) -> AsyncGenerator[T, None]:
        """Yield what the server says, once it was let answer.

        Raises:
            UplinkError: it was lost in the middle.
        """
        assert self._server is not None
        given = 0
        while True:
            while given < len(self._server.made):
                given += 1
                if piece := self._server.made[given - 1]:
                    yield piece
            if self._lost:
                self._way.chose("device", Why.LOST)
                raise UplinkError("the server was lost in the middle of its answer")
            if self._server_over:
                return
            await self._time_or_news()

    def close(self) -> None:
        """End what is still at work; nobody waits until a server has taken note."""
        self._tell(Abandoned())
        if self._device is not None:
            self._device.drop()
        if self._unjudged:
            self._way.judge(Judge())

    # -- facts -------------------------------------------------------------------------------

    async def _settled(self) -> Side:
        while self.side is None:
            if self._hopeless:
                raise UplinkError("neither the device nor the server can answer")
            await self._time_or_news()
        return self.side

    async def _time_or_news(self) -> None:
        """Wait until something comes, or is due, and tell the machine of it."""
        wait_s = self._hedge.wake_at_s - now_s()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(None if math.isinf(wait_s) else wait_s):
                await self._news.wait()
        self._news.clear()
        self._take_device()
        self._take_server()
        self._perform(self._hedge.tick(now_s()))

    def _take_device(self) -> None:
        if self._device is None:
            return
        made = self._device.made
        new, self._device_taken = made[self._device_taken :], len(made)
        for fact in new:
            self._tell(fact)

    def _take_server(self) -> None:
        server = self._server
        if server is None or self._server_over:
            return
        new, self._server_taken = server.made[self._server_taken :], len(server.made)
        for piece in new:
            self._tell(ServerSent(is_speakable=bool(piece)))
        if server.done:
            self._server_over = True
            if server.error is not None:
                self._take_error(server.error, begun=bool(server.made))
            else:
                self._tell(ServerEnded())

    def _take_error(self, error: Exception, *, begun: bool) -> None:
        if isinstance(error, UplinkError):
            log.warning("the server broke off: %s", error)
        else:
            log.error("asking the server failed: %s\n%s", problem_of(error), places_of(error))
        self._tell(ServerFailed(self._way.failure(begun=begun)))

    def _tell(self, fact: Fact) -> None:
        self._perform(self._hedge.handle(fact, now_s()))

    # -- actions -----------------------------------------------------------------------------

    def _perform(self, actions: list[Action]) -> None:
        for action in actions:
            match action:
                case PrepareDevice():
                    self._device = self._ahead(self._prepare(), "device's answer")
                case AskServer():
                    self._server = self._ahead(self._ask(), "server's answer")
                case LetAnswer(side, why):
                    self.side = side
                    self._way.chose(side, why)
                case Drop("device") if self._device is not None:
                    self._device.drop()
                case Drop("server") if self._server is not None:
                    self._server_over = True
                    self._server.drop()
                case GoOn():
                    self._lost = True
                case GiveUp():
                    self._hopeless = True
                case Judge():
                    self._unjudged = False
                    self._way.judge(action)

    def _ahead(self, items: AsyncGenerator[Item, None], name: str) -> ReadAhead[Item]:
        return ReadAhead(items, self._way.tasks, name, self._news.set)
