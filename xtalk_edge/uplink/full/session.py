"""Keeps a spoken conversation with a server open, and tells its turns apart."""

from __future__ import annotations

import asyncio
import logging
import math
from collections.abc import Callable

from xtalk_edge.clock import now_s
from xtalk_edge.errors import UplinkError
from xtalk_edge.uplink.full.cloud import FullCloud, FullTalk
from xtalk_edge.uplink.full.spoken_share import USUAL_PACE
from xtalk_edge.uplink.full.turn import FullTurn, Told
from xtalk_edge.uplink.news import News
from xtalk_edge.uplink.xtalk.facts import Fact, ReplySound, ReplyText, Stopped

log = logging.getLogger(__name__)

AGAIN_S = 0.5
"""Until a conversation that was lost is begun anew; what it rests on pauses longer by itself."""


class FullSession:
    """The conversation, or the next one.

    Args:
        cloud: the server.
        idle_s: how long it stays open while nobody speaks; it is opened when somebody does. For
            ever is for servers that take nothing for it.
    """

    def __init__(self, cloud: FullCloud, idle_s: float = math.inf) -> None:
        self.news = News()
        """Told whenever anything about a turn has changed."""
        self.changes = News()
        """To be told whenever the server may be able to do something else than before."""
        self.turn: FullTurn | None = None
        """The one that is to be answered now."""
        self.on_wanted: Callable[[FullTurn], None] = lambda _turn: None
        """Called when the server is to hear a turn of which it was not told."""
        self._cloud = cloud
        self._pace = USUAL_PACE
        """Of the last reply that was whole."""
        self._idle_s = idle_s
        self._talk: FullTalk | None = None
        self._limit: asyncio.Timeout | None = None
        """Of the time in which nothing happens."""
        self._called = asyncio.Event()
        """Whether it is to be open."""
        self._waiting: FullTurn | None = None
        """The turn that the server is to be told of once it is."""
        self._at_server: FullTurn | None = None
        """The one the server was told of last."""
        self._played: FullTurn | None = None
        """The one whose reply was begun to be played last, and not ended."""

    @property
    def is_ready(self) -> bool:
        """Whether the server can be told of a turn, as it seems."""
        is_on_call = math.isfinite(self._idle_s) and "full" in self._cloud.abilities
        return self._talk is not None or is_on_call

    async def run(self) -> None:
        """Keep it open until this is cancelled."""
        while True:
            while "full" not in self._cloud.abilities:
                await self.changes.next()
            if math.isfinite(self._idle_s):
                await self._called.wait()
            try:
                async with self._cloud.talk() as talk:
                    await self._follow(talk)
            except UplinkError as error:
                log.debug("the spoken conversation ended: %s", error)
                self._called.clear()
                self._lost(str(error))
            await asyncio.sleep(AGAIN_S)

    async def _follow(self, talk: FullTalk) -> None:
        """Take what the server tells, until nothing happens for too long."""
        self._called.clear()
        self._talk = talk
        waiting, self._waiting = self._waiting, None
        try:
            async with asyncio.timeout(None) as self._limit:
                self._is_alive()
                if waiting is not None:
                    self.on_wanted(waiting)
                async for fact in talk.facts:
                    self._is_alive()
                    self._take(talk, fact)
        except TimeoutError:
            log.debug("the spoken conversation is over: nobody has said anything")
        finally:
            self._talk = self._limit = None

    def _is_alive(self) -> None:
        if self._limit is not None and math.isfinite(self._idle_s):
            self._limit.reschedule(now_s() + self._idle_s)

    def _lost(self, reason: str) -> None:
        for lost in (self._at_server, self._waiting):
            if lost is not None:
                self.fail(lost, reason)
        self._at_server = self._played = self._waiting = None

    def _take(self, talk: FullTalk, fact: Fact) -> None:
        turn = self._at_server
        if isinstance(fact, Stopped):
            played, self._played = self._played, None
            talk.playback_stopped(0.0 if played is None else played.heard_ms)
        if turn is None:
            return
        turn.take(fact)
        self._pace = turn.measured_pace or self._pace
        if turn.is_left and not turn.is_silenced and isinstance(fact, ReplyText | ReplySound):
            # Some servers can only be stopped once they have begun; and some may take that for a
            # turn, so once is enough.
            turn.is_silenced = True
            talk.stop()
        self.news.tell()

    # -- what is said ----------------------------------------------------------------------

    def want(self, turn: FullTurn) -> None:
        """Have the server told of a turn, unless it was; where there is no conversation yet, as
        soon as there is one.
        """
        if turn.is_told or turn.is_left:
            return
        if self._talk is not None:
            self.on_wanted(turn)
        elif self.is_ready:
            self._waiting = turn
            self._called.set()

    def expects(self, turn: FullTurn) -> bool:
        """Tell whether something may still come of a turn."""
        return turn.is_told or turn is self._waiting

    def begin(self, turn: FullTurn, pcm: bytes) -> None:
        """Tell the server of a turn, and what was said of it so far; `turn.is_told` tells whether
        that was possible."""
        if self._talk is None:
            return
        try:
            self._talk.begin_speech(pcm)
        except UplinkError as error:
            log.debug("the server is not told of turn %d: %s", turn.turn_id, error)
            return
        turn.told, turn.pace = Told.BEGINNING, self._pace
        self._at_server = turn
        self._is_alive()

    def send(self, turn: FullTurn, pcm: bytes) -> None:
        """Send more of what is said."""
        if self._talk is not None and self.hears(turn):
            self._talk.send(pcm)

    def end(self, turn: FullTurn) -> None:
        """Tell that all was said."""
        if self._talk is not None and self.hears(turn):
            turn.told = Told.END
            self._is_alive()
            self._talk.end_speech()

    def hears(self, turn: FullTurn) -> bool:
        """Tell whether the server still listens to a turn."""
        return turn is self._at_server and not turn.is_left and turn.told is Told.BEGINNING

    # -- what comes of it ------------------------------------------------------------------

    def begin_to_play(self, turn: FullTurn) -> None:
        """Take note that the reply begins to be played."""
        self._played = turn

    def fail(self, turn: FullTurn, reason: str) -> None:
        """Take that no more comes of a turn's reply."""
        turn.fail(reason)
        self.news.tell()

    def heard(self, turn: FullTurn, sound: ReplySound) -> None:
        """Tell that a whole piece was heard."""
        if self._talk is not None and turn is self._at_server:
            self._is_alive()
            self._talk.played(sound)

    def heard_all(self, turn: FullTurn) -> None:
        """Tell that the reply was heard to its end."""
        if self._talk is not None and turn is self._at_server and self._played is turn:
            self._played = None
            self._talk.playback_finished()

    def leave(self, turn: FullTurn) -> None:
        """Want no answer any more; the server is told, unless it hears of it by the next turn."""
        if turn.is_left:
            return
        turn.is_left = True
        talk = self._talk
        if talk is None or turn is not self._at_server or turn.is_at_rest:
            return
        if turn.told is Told.BEGINNING:
            talk.end_speech()
        talk.stop()
