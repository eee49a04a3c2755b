"""Who has the floor: facts and time in, actions out.

Pure: no I/O, no clock of its own, no waiting. All times are seconds on the sample clock.

At most one utterance is in the recogniser's hands and at most one reply is in progress; the
state follows from these two and from how long the device stays awake:

    utterance open, no reply      LISTENING
    utterance ended, no reply     THINKING (its final text is awaited)
    reply                         THINKING, SPEAKING once audible
    reply and utterance           the same; the utterance may become an interruption
    neither                       ATTENDING while awake, else ASLEEP

Barge-in needs no wake word: any verified speech interrupts. Wake word and button win always: they
stop the reply, drop what was half heard, and attend; a held button keeps the utterance open.
Actions that name a turn nobody works on any more never occur; facts that do are ignored.
"""

from __future__ import annotations

import itertools

from xtalk_edge.turn import actions, facts
from xtalk_edge.turn.actions import Action, State, StopReason
from xtalk_edge.turn.barge_in import BargeIn, Meaning
from xtalk_edge.turn.endpointing import AdaptiveSilence, EndpointingOf
from xtalk_edge.turn.facts import Fact, OwnersFact, OwnFact, TextFact
from xtalk_edge.turn.floor import Reply, Utterance, state_of
from xtalk_edge.turn.offers import Offers
from xtalk_edge.turn.policy import TurnPolicy
from xtalk_edge.turn.speech_track import SpeechTrack
from xtalk_edge.turn.wakefulness import Wakefulness


class TurnMachine:
    """Decides about turns; see the module's docstring."""

    def __init__(self, policy: TurnPolicy, pauses: EndpointingOf = AdaptiveSilence.of) -> None:
        self._endpointing_of = pauses
        self._barge_in = BargeIn(policy)
        self.adopt(policy)
        self._now_s = 0.0
        self._wakefulness = Wakefulness(always=policy.mode == "always")
        self._speech = SpeechTrack()
        self._utterance: Utterance | None = None
        self._reply: Reply | None = None
        self._offers = Offers()
        self._asked_again = False
        self._turn_ids = itertools.count(1)
        self._announced_state = self.state
        self._actions: list[Action] = []

    @property
    def state(self) -> State:
        """Who has the floor."""
        awake = self._wakefulness.awake_at(self._now_s)
        return state_of(self._utterance, self._reply, awake=awake)

    def adopt(self, policy: TurnPolicy) -> None:
        """Decide by this policy from now on, also about the turn that is under way."""
        self._policy = self._barge_in.policy = policy
        self._endpointing = self._endpointing_of(policy)

    def handle(self, fact: Fact, at_s: float) -> list[Action]:
        """Take a fact that became known at `at_s`; return what to do, in order."""
        self._now_s = max(self._now_s, at_s)
        if isinstance(fact, TextFact):
            self._take_text(fact)
        else:
            self._take(fact)
        return self._settle()

    def tick(self, at_s: float) -> list[Action]:
        """Let time pass up to `at_s`; return what to do, in order."""
        self._now_s = max(self._now_s, at_s)
        return self._settle()

    def _take(self, fact: OwnersFact | OwnFact) -> None:
        match fact:
            case facts.Woken():
                if self._wakefulness.is_new(fact.at_s, self._now_s):
                    self._give_floor(min(fact.at_s, self._now_s), "wake word")
            case facts.ButtonPressed():
                self._button_pressed()
            case facts.ButtonReleased():
                if self._utterance is not None:
                    self._utterance.released_s = self._now_s
            case facts.TextTyped(text):
                self._give_floor(self._now_s, "typed")
                answer = actions.StartReply(next(self._turn_ids), text)
                self._reply_with(answer, self._policy.follow_up_s)
            case facts.StopWordSpotted():
                self._stop_spotted(fact)
            case facts.SpeechStarted():
                self._speech_started(fact)
            case facts.SpeechEnded():
                self._speech.end(min(fact.at_s, self._now_s))
            case _:
                self._take_own(fact)

    def _take_own(self, fact: OwnFact) -> None:
        match fact:
            case facts.SpeechCleared():
                self._speech.clear = True
                if self._utterance is not None:
                    self._utterance.clear = True
            case facts.EchoJudged():
                self._barge_in.echo_removed = fact.removed
            case facts.SoundLost():
                self._clear_floor("sound lost")
                self._wakefulness.sleep()
            case facts.ReplyAudible():
                if self._reply is not None and self._reply.turn_id == fact.turn_id:
                    self._reply.audible = True
            case facts.ReplyEnded():
                self._reply_ended(fact.turn_id)
            case facts.OfferWithdrawn():
                self._offers.withdraw(fact.offer_id)
            case _:  # facts.SpeechOffered, the only one left
                if (dropped := self._offers.add(fact)) is not None:
                    self._actions.append(actions.DiscardOffer(dropped))

    def _take_text(self, fact: TextFact) -> None:
        utterance = self._utterance
        if utterance is None or utterance.turn_id != fact.turn_id:
            return
        utterance.learn(fact)
        if isinstance(fact, facts.FinalRecognised):
            self._final(utterance, fact.text.strip())
        elif self._reply is not None and self._barge_in.begins_with_stop(utterance.text):
            utterance.stop_word_heard = True
            self._stop_reply("stop word")

    def _settle(self) -> list[Action]:
        """Do what is due by now; return everything decided since the last call."""
        utterance = self._utterance
        if utterance is not None:
            if utterance.final_due_s is None:
                self._watch(utterance)
            elif self._now_s >= utterance.final_due_s:
                self._final(utterance, "")
        if self._utterance is None:
            self._notice_speech()
        if self._offers and self._utterance is None and self._reply is None:
            self._announce()
        if self.state is not self._announced_state:
            self._announced_state = self.state
            self._actions.append(actions.StateChanged(self._announced_state))
        decided, self._actions = self._actions, []
        return decided

    # -- the owner asks for the floor ------------------------------------------------------

    def _button_pressed(self) -> None:
        if self.state is State.LISTENING and self._policy.tap_ends and self._utterance is not None:
            # Pressed again: nobody need wait for the pause.
            self._end(self._utterance, self._now_s)
            return
        self._give_floor(self._now_s - self._policy.pre_roll_s, "button")
        if self._policy.button == "hold":
            self._listen(self._speech.floor_s).held_down = True

    def _give_floor(self, from_s: float, reason: StopReason) -> None:
        self._clear_floor(reason)
        self._speech.raise_floor(from_s)
        self._attend(self._policy.no_speech_s)

    def _clear_floor(self, reason: StopReason) -> None:
        """Drop the reply, and what was half heard."""
        self._stop_reply(reason)
        utterance = self._utterance
        if utterance is not None and utterance.final_due_s is None:
            self._actions.append(actions.DropRecognition(utterance.turn_id))
        self._utterance = None
        self._asked_again = False

    def _attend(self, stay_awake_s: float) -> None:
        self._wakefulness.stay_awake(self._now_s + stay_awake_s)

    def _stop_spotted(self, spotted: facts.StopWordSpotted) -> None:
        reply, utterance = self._reply, self._utterance
        if reply is None:
            return
        if self._barge_in.is_sure(spotted):
            self._stop_reply("stop word")
            if utterance is not None:
                # It stays open: "stop" may go on as "stop the kitchen timer".
                utterance.hear_stop(spotted.at_s)
                return
            self._speech.raise_floor(self._now_s)
            self._attend(self._policy.follow_up_s)
        elif utterance is not None:
            # Silent at once all the same; the words tell whether for good.
            self._hold(reply)

    # -- speech ----------------------------------------------------------------------------

    def _speech_started(self, speech: facts.SpeechStarted) -> None:
        if (utterance := self._utterance) is not None:
            utterance.clear |= speech.clear
        if utterance is not None and self._speech.end_s is not None:
            utterance.earlier_speech_s = utterance.speech_s(self._speech, self._now_s)
            if utterance.concluding and utterance.final_due_s is None:
                utterance.go_on()
                self._actions.append(actions.GoOn(utterance.turn_id))
        # New speech while the recogniser still works on the last words waits for it; what has
        # waited already and what begins now become one utterance, so that no word is lost.
        recogniser_busy = utterance is not None and utterance.final_due_s is not None
        joined = recogniser_busy and self._speech.is_new(self._now_s)
        at_s, ended_s = min(speech.at_s, self._now_s), speech.ended_s
        self._speech.begin(at_s, joined=joined, clear=speech.clear, ended_s=ended_s)

    def _notice_speech(self) -> None:
        if not self._speech.is_new(self._now_s) or not self._may_begin_turn:
            return
        if self._reply is not None:
            self._reply.ducked = True
            self._actions.append(actions.Duck(self._reply.turn_id))
        self._listen(max(self._speech.start_s - self._policy.pre_roll_s, self._speech.floor_s))

    def _listen(self, from_s: float) -> Utterance:
        turn_id, clear = next(self._turn_ids), self._speech.clear
        self._actions.append(actions.StartRecognition(turn_id, from_s))
        self._utterance = Utterance(turn_id, from_s, self._reply is not None, clear)
        return self._utterance

    @property
    def _may_begin_turn(self) -> bool:
        if self._reply is not None:
            return self._barge_in.possible
        return self._wakefulness.awake_at(self._speech.began_s(self._now_s))

    def _watch(self, utterance: Utterance) -> None:
        """Verify an open utterance over a reply; end it when its time has come."""
        if self._reply is not None:
            self._judge_barge_in(self._reply, utterance)
        end_s = utterance.from_s + self._policy.max_turn_s
        if utterance.held_down:
            end_s = min(end_s, utterance.held_down_until_s())
        elif self._speech.end_s is not None:
            # An end reported very late may lie before the sound this turn began with.
            began_s = max(utterance.from_s, self._speech.end_s)
            if self._policy.think_ahead and self._now_s >= began_s + self._policy.prepare_s:
                self._think_ahead(utterance)
            pause = utterance.pause(began_s)
            end_s = min(end_s, max(began_s, self._endpointing.ends_at_s(pause)))
        if self._now_s >= end_s:
            self._end(utterance, end_s)

    def _end(self, utterance: Utterance, end_s: float) -> None:
        """Ask for the final text of what was said up to then."""
        self._speech.raise_floor(end_s)
        if utterance.held_down and not self._speech.reaches(utterance.from_s):
            # A touch of the button, and not a word.
            self._actions.append(actions.DropRecognition(utterance.turn_id))
            self._utterance = None
            return
        utterance.final_due_s = self._now_s + self._policy.final_wait_s
        self._actions.append(actions.EndRecognition(utterance.turn_id, end_s))

    def _think_ahead(self, utterance: Utterance) -> None:
        """Find out what the turn would be if nothing more were said, and what to answer."""
        if not utterance.concluding:
            utterance.concluding = True
            self._actions.append(actions.Conclude(utterance.turn_id, self._now_s))
        may_answer = utterance.concluded and self._reply is None
        if may_answer and utterance.forethought.wants(utterance.text):
            self._actions.append(actions.Prepare(utterance.turn_id, utterance.text))

    def _judge_barge_in(self, reply: Reply, utterance: Utterance) -> None:
        speech_s = utterance.speech_s(self._speech, self._now_s)
        meaning = self._barge_in.meaning(utterance, speech_s)
        if meaning is Meaning.INTERRUPTION:
            utterance.verified = True
            self._stop_reply("interrupted")
        elif meaning is Meaning.PERHAPS:
            self._hold(reply)

    # -- recognised text -------------------------------------------------------------------

    def _final(self, utterance: Utterance, text: str) -> None:
        turn_id = utterance.turn_id
        if utterance.final_due_s is None:
            # The recogniser gave up early; what it said counts, what comes after is new speech.
            self._actions.append(actions.DropRecognition(turn_id))
            self._speech.raise_floor(self._now_s)
        self._utterance = None
        if utterance.over_reply and self._settled_over_reply(utterance, text):
            return
        if text:
            self._asked_again = False
            self._reply_with(actions.StartReply(turn_id, text), self._policy.follow_up_s)
        else:
            self._not_understood(turn_id)

    def _settled_over_reply(self, utterance: Utterance, text: str) -> bool:
        """Deal with the final text of speech over a reply; tell whether nothing is to be said."""
        reason, is_turn = self._barge_in.settle(
            utterance, text, self._speech, self._now_s, in_progress=self._reply is not None
        )
        if reason is not None:
            self._stop_reply(reason)
        elif self._reply is not None:
            self._reply.ducked = self._reply.held = False
            self._actions.append(actions.Unduck(self._reply.turn_id))
        if not is_turn and self._reply is None:
            self._attend(self._policy.follow_up_s)
        return not is_turn

    def _not_understood(self, turn_id: int) -> None:
        if self._policy.mode == "always":
            return
        if self._asked_again:
            self._wakefulness.sleep()
            return
        self._asked_again = True
        self._reply_with(actions.AskAgain(turn_id), self._policy.no_speech_s)

    # -- the reply -------------------------------------------------------------------------

    def _reply_with(self, action: actions.BeginReply, stay_awake_s: float) -> None:
        self._reply = Reply(action.turn_id, stay_awake_s)
        self._actions.append(action)

    def _hold(self, reply: Reply) -> None:
        if not reply.held:
            reply.held = True
            self._actions.append(actions.HoldReply(reply.turn_id))

    def _stop_reply(self, reason: StopReason) -> None:
        if self._reply is not None:
            self._actions.append(actions.StopReply(self._reply.turn_id, reason))
            self._reply = None

    def _reply_ended(self, turn_id: int) -> None:
        reply = self._reply
        if reply is None or reply.turn_id != turn_id:
            return
        self._reply = None
        if not self._barge_in.possible:
            # What was said over the reply was to be ignored, and may have been its own echo.
            self._speech.raise_floor(self._now_s)
        self._attend(reply.stay_awake_s)

    def _announce(self) -> None:
        # What was said while asleep was not for the device.
        self._speech.raise_floor(self._now_s)
        offer = self._offers.take()
        stay_awake_s = self._policy.follow_up_s if offer.text else 0.0  # nobody answers a chirp
        self._reply_with(actions.Announce(next(self._turn_ids), offer), stay_awake_s)
