"""Takes the turn manager's place where the device interprets while somebody speaks."""

from __future__ import annotations

import asyncio
import logging

from xtalk_edge.audio.format import RATE_HZ
from xtalk_edge.bus import EventBus, handles
from xtalk_edge.config.schema import Config
from xtalk_edge.engines.hosting import Hosted
from xtalk_edge.events import (
    ASRResultPartial,
    ASRStableSegmentReady,
    Event,
    InterpretingLagged,
    LLMAgentResponseFinish,
    TranscriptionRefined,
    TurnASRFlushRequested,
)
from xtalk_edge.managers.capture import CaptureManager
from xtalk_edge.managers.marking import Marking
from xtalk_edge.managers.turn import TurnManager, policy_of
from xtalk_edge.turn import actions, facts
from xtalk_edge.turn.interpreter import Interpreter, InterpretPolicy
from xtalk_edge.turn.phrase_end import phrase_end
from xtalk_edge.turn.segments import SegmentPolicy

log = logging.getLogger(__name__)


class InterpretManager(TurnManager):
    """The shell of the interpreter.

    Args:
        event_bus: where it listens and publishes.
        config: the settings.
        capture: whose clock counts, and where the sound is.
        punctuation: tells where sentences end that the recogniser leaves unmarked; None if nothing
            does.
    """

    def __init__(
        self,
        *,
        event_bus: EventBus,
        config: Config,
        capture: CaptureManager,
        punctuation: Hosted | None = None,
    ) -> None:
        self._interpreter = Interpreter(
            policy_of(config), _interpret_policy_of(config), self._quietest
        )
        super().__init__(
            event_bus=event_bus, config=config, capture=capture, machine=self._interpreter
        )
        self._marks = Marking(self, punctuation)
        self._marking: asyncio.Task[None] | None = None

    @handles(ASRResultPartial)
    def on_partial(self, event: ASRResultPartial) -> None:
        """Some text is known; find the ends of its sentences."""
        super().on_partial(event)
        idle = self._marking is None or self._marking.done()
        if idle and self._marks.may_help(event.text):
            self._marking = self.tasks.start(self._mark(), "marks")

    @handles(LLMAgentResponseFinish)
    def on_answer(self, event: LLMAgentResponseFinish) -> None:
        """The agent has finished with a piece."""
        self._tell_more(facts.AnswerComplete(event.turn_id))

    @handles(TurnASRFlushRequested)
    def on_flush(self, _event: TurnASRFlushRequested) -> None:
        """Somebody wants answered what was said so far."""
        self._tell_more(facts.FlushAsked())

    def _tell_more(self, fact: facts.InterpretersFact) -> None:
        self._perform(self._interpreter.handle(fact, self._capture.head_s))

    async def _mark(self) -> None:
        """Put marks into what is in no piece yet, as long as that changes meanwhile."""
        done = ""
        while True:
            turn_id, text = self._interpreter.pending
            if text in (done, ""):
                return
            done = text
            marked = await self._marks.marked(turn_id, text)
            self._tell_more(facts.Marked(turn_id, marked))

    def _quietest(self, from_s: float, to_s: float) -> float:
        start = round(from_s * RATE_HZ)
        sound, lost = self._capture.rings.clean.slice(start, round(to_s * RATE_HZ))
        return (start + lost + phrase_end(sound)) / RATE_HZ

    def _requests(self, action: actions.Action) -> list[Event]:
        match action:
            case actions.TellSegment(turn_id, text, end_s):
                end_sample = round(end_s * RATE_HZ)
                return [ASRStableSegmentReady(turn_id=turn_id, text=text, end_sample=end_sample)]
            case actions.TellWhole(turn_id, text):
                return [TranscriptionRefined(turn_id=turn_id, text=text)]
            case actions.TellLag(pieces, left_out):
                what = "the oldest has no answer" if left_out else "the next one leaves one out"
                log.warning("interpreting fell behind: %d pieces wait; %s", pieces, what)
                return [InterpretingLagged(pieces=pieces, left_out=left_out)]
        return super()._requests(action)


def _interpret_policy_of(config: Config) -> InterpretPolicy:
    interpret = config.interpret
    return InterpretPolicy(
        SegmentPolicy(
            held_words=interpret.held_words,
            stable_updates=interpret.stable_updates,
            stable_s=interpret.stable_ms / 1000,
            segment_words=interpret.segment_words,
            clause_words=interpret.clause_words,
        ),
        pause_s=interpret.pause_ms / 1000,
        most_pieces=interpret.most_pieces,
    )
