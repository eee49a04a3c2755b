"""The way to a server that has heard the turn itself."""

from __future__ import annotations

import contextlib
import math
from collections.abc import AsyncGenerator

from xtalk_edge.audio.live_speech import LiveSpeech
from xtalk_edge.clock import now_s
from xtalk_edge.errors import UplinkError
from xtalk_edge.net.border import BORDER
from xtalk_edge.uplink.breaker import BreakerPolicy
from xtalk_edge.uplink.choice import Why
from xtalk_edge.uplink.full.cloud import FullCloud
from xtalk_edge.uplink.full.live_answer import LiveAnswer
from xtalk_edge.uplink.full.session import FullSession
from xtalk_edge.uplink.full.turn import FullTurn
from xtalk_edge.uplink.policy import LULL_S, HedgePolicy
from xtalk_edge.uplink.way import Way
from xtalk_edge.uplink.xtalk.facts import Unanswered


class FullWay(Way):
    """Bars the server also from what it has not heard.

    Args:
        cloud: the server.
        policy: how to choose between it and the device.
        idle_s: see `FullSession`.
    """

    def __init__(self, cloud: FullCloud, policy: HedgePolicy, idle_s: float = math.inf) -> None:
        super().__init__("full", cloud, policy, BreakerPolicy())
        self.session = FullSession(cloud, idle_s)

    @property
    def may_hear(self) -> bool:
        """Whether the server may be told of a turn that begins now."""
        return (
            BORDER.is_open("audio")
            and self.session.is_ready
            and self.breaker.state(now_s()) != "open"
        )

    def _unfit(self) -> Why | None:
        if (unfit := super()._unfit()) is not None:
            return unfit
        if self.breaker.state(now_s()) == "open":
            return Why.RESTING
        turn = self.session.turn
        return None if turn is not None and self._hears(turn) else Why.UNHEARD

    def _hears(self, turn: FullTurn) -> bool:
        if turn.is_rejected or turn.is_left:
            return False
        return self.session.expects(turn) or (self.policy.mode == "fallback" and self.may_hear)


class FullAsker:
    """Takes the answer to the turn just heard.

    Args:
        session: the conversation.
    """

    def __init__(self, session: FullSession) -> None:
        self._session = session

    async def answer(self, _text: str) -> AsyncGenerator[str | LiveSpeech, None]:
        """Yield it as live speech, and "" for other signs of life."""
        session, turn = self._session, self._session.turn
        if turn is not None:
            session.want(turn)
        if turn is None or not (session.expects(turn) or turn.failure):
            raise UplinkError("the server has not heard what was said")
        try:
            async with contextlib.aclosing(_followed(turn, session)) as signs:
                async for sign in signs:
                    yield sign
        finally:
            session.leave(turn)

    def understood(self, text: str) -> str:
        """Return what the server understood."""
        turn = self._session.turn
        return (turn.understood if turn is not None else None) or text

    def rest(self) -> tuple[str, bool]:
        """Return the words whose sound was lost; early servers tell all words before it."""
        turn = self._session.turn
        return ("", False) if turn is None else (turn.unsaid, turn.knows_all)

    def leave(self) -> None:
        """Have the server end what it is doing about the turn."""
        if self._session.turn is not None:
            self._session.leave(self._session.turn)


async def _followed(turn: FullTurn, session: FullSession) -> AsyncGenerator[str | LiveSpeech, None]:
    live, signs = LiveAnswer(turn, session), -1
    while True:
        if turn.signs != signs:
            signs = turn.signs
            yield live if turn.has_sound else ""
            continue
        if turn.is_rejected or turn.is_done:
            return
        if turn.failure:
            raise UplinkError(turn.failure)
        # Only once all that came was heard: some servers send ten seconds at once.
        is_dry = turn.has_sound and not turn.is_over and turn.unheard_s < 0.001
        if not await session.news.next(LULL_S if is_dry else None):
            session.fail(turn, Unanswered("end").reason)
