"""Who is heard, and what is answered, while the device interprets: facts and time in, actions out.

Pure, and used in place of the turn machine. Whoever speaks is listened to all the time; what is
certain of it is answered piece by piece, each piece a turn of its own, and no answer is ever
interrupted by speech. "Stop" and the button end it all; the button and the wake phrase begin it
again.

All times are seconds on the sample clock. Facts about turns nobody works on any more are ignored.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import dataclass, field

from xtalk_edge.turn import actions, facts
from xtalk_edge.turn.actions import Action, State, StopReason
from xtalk_edge.turn.barge_in import BargeIn
from xtalk_edge.turn.facts import Fact, InterpretersFact
from xtalk_edge.turn.offers import Offers
from xtalk_edge.turn.policy import TurnPolicy
from xtalk_edge.turn.relay import Piece, Relay
from xtalk_edge.turn.segments import Segment, Segmenter, SegmentPolicy
from xtalk_edge.turn.speech_track import SpeechTrack

CUT_SOUGHT_S = 1.0
"""Speech without a pause is cut between two words; there is one in such a time."""


@dataclass(frozen=True, slots=True)
class InterpretPolicy:
    """The owner's choices about interpreting; all durations in seconds."""

    segments: SegmentPolicy = field(default_factory=SegmentPolicy)
    pause_s: float = 0.4
    """Silence after which all that was said is answered."""
    most_pieces: int = 6
    """Pieces that may wait for their answer."""


@dataclass(slots=True)
class _Utterance:
    """Speech in the recogniser's hands."""

    turn_id: int
    from_s: float
    segmenter: Segmenter
    text: str = ""
    ended_s: float = 0.0
    """Where the speech in it ended, once that is known."""
    final_due_s: float | None = None
    """When its final text must have come; None while it is still being listened to."""


class Interpreter:
    """Decides what is heard and answered; see the module's docstring.

    Args:
        turns: how turns are taken, as far as it holds here too.
        policy: how it interprets.
        quietest: returns where it is quietest between two times.
    """

    def __init__(
        self,
        turns: TurnPolicy,
        policy: InterpretPolicy,
        quietest: Callable[[float, float], float] = lambda _from_s, to_s: to_s,
    ) -> None:
        self._turns = turns
        self._policy = policy
        self._quietest = quietest
        self._stopping = BargeIn(turns)
        self._now_s = 0.0
        self._on = True
        self._speech = SpeechTrack()
        self._utterance: _Utterance | None = None
        self._relay = Relay(policy.most_pieces)
        self._lagging = False
        self._offers = Offers()
        self._turn_ids = itertools.count(1)
        self._announced_state = self.state
        self._actions: list[Action] = []

    def adopt(self, policy: TurnPolicy) -> None:
        """Take turns so from now on, as far as it holds here too."""
        self._turns = self._stopping.policy = policy

    @property
    def state(self) -> State:
        """Who has the floor; while several have it, whoever is loudest."""
        utterance = self._utterance
        if self._relay.audible:
            return State.SPEAKING
        if utterance is not None and utterance.final_due_s is None:
            return State.LISTENING
        if utterance is not None or self._relay.busy:
            return State.THINKING
        return State.ATTENDING if self._on else State.ASLEEP

    @property
    def pending(self) -> tuple[int, str]:
        """The utterance that is open, and what is in no piece yet of it; 0 and "" if none is."""
        utterance = self._utterance
        if utterance is None or utterance.final_due_s is not None:
            return 0, ""
        return utterance.turn_id, utterance.segmenter.pending

    def handle(self, fact: Fact | InterpretersFact, at_s: float) -> list[Action]:
        """Take a fact that became known at `at_s`; return what to do, in order."""
        self._now_s = max(self._now_s, at_s)
        match fact:
            case facts.PartialRecognised() | facts.Marked() | facts.FinalRecognised():
                if self._utterance is not None and self._utterance.turn_id == fact.turn_id:
                    self._take_text(self._utterance, fact)
            case facts.AnswerComplete() | facts.ReplyAudible() | facts.ReplyEnded():
                self._take_progress(fact)
            case facts.SpeechOffered() | facts.OfferWithdrawn():
                self._take_offer(fact)
            case facts.SpeechStarted() | facts.SpeechCleared() | facts.SpeechEnded():
                self._take_speech(fact)
            case facts.EchoJudged():
                self._stopping.echo_removed = fact.removed
            case facts.TextTyped(text):
                self._hand_on([Segment(text, self._now_s)])
            case _:
                self._take_order(fact)
        return self._settle()

    def tick(self, at_s: float) -> list[Action]:
        """Let time pass up to `at_s`; return what to do, in order."""
        self._now_s = max(self._now_s, at_s)
        return self._settle()

    def _settle(self) -> list[Action]:
        """Do what is due by now; return everything decided since the last call."""
        utterance = self._utterance
        if utterance is not None:
            self._watch(utterance)
        if self._utterance is None and self._on:
            self._notice_speech()
        self._answer()
        if self.state is not self._announced_state:
            self._announced_state = self.state
            self._actions.append(actions.StateChanged(self._announced_state))
        decided, self._actions = self._actions, []
        return decided

    # -- facts -----------------------------------------------------------------------------

    def _take_order(self, fact: Fact | InterpretersFact) -> None:
        match fact:
            case facts.ButtonPressed():
                if self._on or self._relay.busy:
                    self._end("button")
                else:
                    self._begin(self._now_s)
            case facts.Woken():
                if not self._on:
                    self._begin(min(fact.at_s, self._now_s))
            case facts.StopWordSpotted():
                if self._stopping.is_sure(fact):
                    self._end("stop word")
            case facts.SoundLost():
                self._clear("sound lost")
            case facts.FlushAsked():
                if self._utterance is not None and self._utterance.final_due_s is None:
                    self._end_utterance(self._utterance, self._now_s)

    def _take_speech(
        self, fact: facts.SpeechStarted | facts.SpeechCleared | facts.SpeechEnded
    ) -> None:
        match fact:
            case facts.SpeechStarted():
                # What is said while the recogniser still works on the last words waits for it.
                recogniser_busy = (
                    self._utterance is not None and self._utterance.final_due_s is not None
                )
                joined = recogniser_busy and self._speech.is_new(self._now_s)
                at_s = min(fact.at_s, self._now_s)
                self._speech.begin(at_s, joined=joined, clear=fact.clear, ended_s=fact.ended_s)
            case facts.SpeechCleared():
                self._speech.clear = True
            case _:  # facts.SpeechEnded, the only one left
                self._speech.end(min(fact.at_s, self._now_s))

    def _take_text(
        self,
        utterance: _Utterance,
        fact: facts.PartialRecognised | facts.Marked | facts.FinalRecognised,
    ) -> None:
        match fact:
            case facts.PartialRecognised():
                utterance.text = fact.text
                utterance.segmenter.hear(fact.text, self._now_s, fact.heard_s)
            case facts.Marked():
                utterance.segmenter.mark(fact.text)
            case _:  # facts.FinalRecognised, the only one left
                if utterance.final_due_s is None:
                    # The recogniser gave up early; what comes after is new speech.
                    self._actions.append(actions.DropRecognition(utterance.turn_id))
                    self._speech.raise_floor(self._now_s)
                    utterance.ended_s = self._now_s
                self._final(utterance, fact.text.strip())

    def _take_progress(
        self, fact: facts.AnswerComplete | facts.ReplyAudible | facts.ReplyEnded
    ) -> None:
        match fact:
            case facts.AnswerComplete():
                self._relay.answered(fact.turn_id)
            case facts.ReplyAudible():
                self._relay.began(fact.turn_id)
            case _:  # facts.ReplyEnded, the only one left
                self._relay.ended(fact.turn_id)

    def _take_offer(self, fact: facts.SpeechOffered | facts.OfferWithdrawn) -> None:
        if isinstance(fact, facts.OfferWithdrawn):
            self._offers.withdraw(fact.offer_id)
        elif (dropped := self._offers.add(fact)) is not None:
            self._actions.append(actions.DiscardOffer(dropped))

    # -- beginning and ending --------------------------------------------------------------

    def _begin(self, from_s: float) -> None:
        self._on = True
        self._speech.raise_floor(from_s)

    def _end(self, reason: StopReason) -> None:
        self._clear(reason)
        self._on = False

    def _clear(self, reason: StopReason) -> None:
        """Be silent, and forget all that was said."""
        for turn_id in self._relay.clear():
            self._actions.append(actions.StopReply(turn_id, reason))
        utterance, self._utterance = self._utterance, None
        if utterance is not None and utterance.final_due_s is None:
            self._actions.append(actions.DropRecognition(utterance.turn_id))
        self._speech.raise_floor(self._now_s)
        self._lagging = False

    # -- hearing ---------------------------------------------------------------------------

    def _notice_speech(self) -> None:
        speech = self._speech
        may_be_own = self._relay.audible and not self._stopping.echo_removed
        if may_be_own or not speech.clear or not speech.is_new(self._now_s):
            return
        from_s = max(speech.start_s - self._turns.pre_roll_s, speech.floor_s)
        turn_id = next(self._turn_ids)
        self._utterance = _Utterance(turn_id, from_s, Segmenter(self._policy.segments))
        self._actions.append(actions.StartRecognition(turn_id, from_s))

    def _watch(self, utterance: _Utterance) -> None:
        """Hand on what is certain; end the utterance when its time has come."""
        if utterance.final_due_s is not None:
            if self._now_s >= utterance.final_due_s:
                self._actions.append(actions.DropRecognition(utterance.turn_id))
                self._final(utterance, "")
            return
        self._hand_on(utterance.segmenter.due(self._now_s))
        if self._speech.end_s is not None:
            pause_over_s = max(utterance.from_s, self._speech.end_s) + self._policy.pause_s
            if self._now_s >= pause_over_s:
                self._end_utterance(utterance, pause_over_s)
        if utterance.final_due_s is None:
            latest_s = utterance.from_s + self._turns.max_turn_s
            if self._now_s >= latest_s:
                self._end_utterance(utterance, self._quietest(latest_s - CUT_SOUGHT_S, latest_s))

    def _end_utterance(self, utterance: _Utterance, end_s: float) -> None:
        """Ask for the final text of what was said up to then."""
        spoken_to_s = end_s if self._speech.end_s is None else self._speech.end_s
        utterance.ended_s = min(end_s, max(utterance.from_s, spoken_to_s))
        utterance.final_due_s = self._now_s + self._turns.final_wait_s
        self._speech.raise_floor(end_s)
        self._actions.append(actions.EndRecognition(utterance.turn_id, end_s))

    def _final(self, utterance: _Utterance, text: str) -> None:
        self._utterance = None
        whole = text or utterance.text
        if self._stopping.is_stop(whole):
            self._end("stop word")
            return
        self._hand_on(utterance.segmenter.end(text, self._now_s, utterance.ended_s))
        if whole:
            self._actions.append(actions.TellWhole(utterance.turn_id, whole))

    # -- answering -------------------------------------------------------------------------

    def _hand_on(self, segments: list[Segment]) -> None:
        for segment in segments:
            piece = Piece(next(self._turn_ids), segment.text)
            self._actions.append(actions.TellSegment(piece.turn_id, segment.text, segment.end_s))
            left_out = self._relay.add(piece)
            self._answer()
            full = self._relay.waiting == self._policy.most_pieces
            if left_out is not None or (full and not self._lagging):
                text = left_out.text if left_out else ""
                self._actions.append(actions.TellLag(self._relay.waiting, text))
            self._lagging = full or (self._lagging and self._relay.waiting > 0)

    def _answer(self) -> None:
        """Go on with what waits, if there is not enough to be said already."""
        if self._offers and self._relay.ready:
            turn_id = next(self._turn_ids)
            self._relay.say(turn_id)
            self._actions.append(actions.Announce(turn_id, self._offers.take()))
        elif (piece := self._relay.ask()) is not None:
            self._actions.append(actions.StartReply(piece.turn_id, piece.text))
