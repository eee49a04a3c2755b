"""Lets a server hear the turns, and nothing else.

The device does its own turn-taking. A server is told of speech only when it is a turn: over a
reply, that is known once the reply was stopped for it. What turns out to be none is taken back.
"""

from __future__ import annotations

from xtalk_edge.audio.ring import Cursor
from xtalk_edge.bus import EventBus, handles
from xtalk_edge.clock import now_s
from xtalk_edge.config.schema import Config
from xtalk_edge.events import (
    TTSPlaybackFinished,
    TurnASREndRequested,
    TurnASRResetRequested,
    TurnASRStartRequested,
    TurnLLMAgentStartRequested,
    TurnLLMAgentStopRequested,
    TurnStateChanged,
    TurnTTSPauseRequested,
    TurnTTSResumeRequested,
    UplinkStateChanged,
    VerificationResult,
)
from xtalk_edge.managers.base import Manager
from xtalk_edge.managers.capture import CaptureManager
from xtalk_edge.turn.actions import RESTING
from xtalk_edge.uplink.full.turn import FullTurn
from xtalk_edge.uplink.full.way import FullWay

AT_ONCE_SAMPLES = 8_000
"""Sent in one step of the ear: what was said before is caught up with fifty times as fast as it
was spoken, and a connection that holds sound back at first is not asked to hold more than it can.
"""


class ServerHearingManager(Manager):
    """Reads the clean ring at its own pace and shows the server one turn after another.

    Args:
        event_bus: where it listens.
        config: the settings.
        way: to the server.
        capture: where the sound is.
    """

    def __init__(
        self, *, event_bus: EventBus, config: Config, way: FullWay, capture: CaptureManager
    ) -> None:
        super().__init__(event_bus=event_bus, config=config)
        self._way = way
        self._session = way.session
        self._session.on_wanted = self._begin
        self._capture = capture
        self._waits_for_need = way.policy.mode == "fallback"
        self._turn: FullTurn | None = None
        """The utterance heard last; to be answered, or not known to be a turn yet."""
        self._is_held = False
        """Whether it was begun over a reply, and has not become a turn."""
        self._lowered: int | None = None
        """The reply that is lowered, as somebody may be speaking over it."""

    async def start(self) -> None:
        """Keep the conversation with the server open."""
        self.tasks.start(self._session.run(), "spoken conversation")

    @handles(UplinkStateChanged)
    def on_uplink(self, _event: UplinkStateChanged) -> None:
        """Look again whether the server can hear."""
        self._session.changes.tell()

    # -- where a turn begins and ends ------------------------------------------------------

    @handles(TurnTTSPauseRequested)
    def on_duck(self, event: TurnTTSPauseRequested) -> None:
        """Note that what is said next is said over a reply."""
        self._lowered = event.turn_id

    @handles(TurnTTSResumeRequested)
    def on_unduck(self, _event: TurnTTSResumeRequested) -> None:
        """Note that it was nothing."""
        self._lowered = None

    @handles(TurnASRStartRequested)
    def on_start(self, event: TurnASRStartRequested) -> None:
        """Let the server hear from there on, unless it may be no turn, or is not needed."""
        self._drop_unanswered()
        self._turn = FullTurn(event.turn_id, event.from_sample)
        self._is_held = self._lowered is not None
        self._begin_if_due()

    @handles(TurnASREndRequested)
    def on_end(self, event: TurnASREndRequested) -> None:
        """Let the server answer what was said up to there."""
        if (turn := self._turn_of(event.turn_id)) is not None:
            turn.end_sample = event.at_sample

    @handles(TTSPlaybackFinished)
    def on_reply_over(self, event: TTSPlaybackFinished) -> None:
        """Whatever is being said is not said over that reply any more."""
        self._rise(event.turn_id, is_turn=True)

    @handles(TurnLLMAgentStopRequested, priority=1)
    def on_stop(self, event: TurnLLMAgentStopRequested) -> None:
        """Let the server hear what interrupts, or fall silent."""
        self._rise(event.turn_id, is_turn=event.reason == "interrupted")
        if (answered := self._session.turn) is not None and answered.turn_id == event.turn_id:
            self._session.leave(answered)

    @handles(TurnLLMAgentStartRequested, priority=1)
    def on_answer(self, event: TurnLLMAgentStartRequested) -> None:
        """It is a turn, and this is the one that is to be answered."""
        turn = self._turn_of(event.turn_id)
        self._session.turn, self._is_held = turn, False
        self._begin_if_due()
        self._turn = None

    def _rise(self, reply_id: int, *, is_turn: bool) -> None:
        """Take note that a reply is over; what was said over it may be a turn for that reason."""
        if reply_id == self._lowered:
            self._lowered = None
            self._is_held &= not is_turn
            self._begin_if_due()

    def _begin_if_due(self) -> None:
        turn = self._turn
        if turn is not None and not (self._is_held or self._waits_for_need) and self._way.may_hear:
            self._session.want(turn)

    # -- what was no turn ------------------------------------------------------------------

    @handles(TurnASRResetRequested)
    def on_reset(self, event: TurnASRResetRequested) -> None:
        """Take it back."""
        if self._turn_of(event.turn_id) is not None:
            self._drop_unanswered()

    @handles(VerificationResult)
    def on_verdict(self, event: VerificationResult) -> None:
        """Take back what was not understood, or is not to be answered."""
        if not event.is_valid and self._turn_of(event.turn_id) is not None:
            self._drop_unanswered()

    @handles(TurnStateChanged)
    def on_state(self, event: TurnStateChanged) -> None:
        """Take back what came to nothing."""
        if event.state in RESTING:
            self._drop_unanswered()

    def _drop_unanswered(self) -> None:
        if self._turn is not None:
            self._session.leave(self._turn)
            self._turn = None

    def _turn_of(self, turn_id: int) -> FullTurn | None:
        turn = self._turn
        return turn if turn is not None and turn.turn_id == turn_id else None

    # -- the second ear --------------------------------------------------------------------

    async def understood(self, turn_id: int) -> str:
        """Return what the server understood; "" if it says nothing before the deadline."""
        turn, session = self._turn_of(turn_id), self._session
        if turn is None or self._is_held:
            return ""
        if self._way.may_hear:
            session.want(turn)
        due_s = now_s() + self._way.policy.deadline_s
        while session.expects(turn) and not turn.is_understood and now_s() < due_s:
            await session.news.next(due_s - now_s())
        return (turn.understood or "").strip()

    # -- sound -----------------------------------------------------------------------------

    def _begin(self, turn: FullTurn) -> None:
        """Tell the server of a turn, and all that was said of it so far."""
        if turn.is_told or turn.is_left or not self._way.may_hear:
            return
        cursor = self._capture.rings.clean.cursor(turn.from_sample)
        self._session.begin(turn, _read(cursor, turn))
        if turn.is_told:
            self.tasks.start(self._go_on(turn, cursor), f"server hears turn {turn.turn_id}")

    async def _go_on(self, turn: FullTurn, cursor: Cursor) -> None:
        while self._session.hears(turn):
            await self._capture.advance()
            self._session.send(turn, _read(cursor, turn))
            if turn.end_sample is not None and cursor.at >= turn.end_sample:
                self._session.end(turn)


def _read(cursor: Cursor, turn: FullTurn) -> bytes:
    """Return what may be sent next of a turn."""
    most = AT_ONCE_SAMPLES
    if turn.end_sample is not None:
        most = min(most, max(0, turn.end_sample - cursor.at))
    samples, _lost = cursor.read(most)
    return samples.tobytes()
