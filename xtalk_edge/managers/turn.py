"""Feeds the turn machine with facts from the bus and performs what it decides."""

from __future__ import annotations

import logging
from typing import Protocol

from xtalk_edge.audio.format import RATE_HZ
from xtalk_edge.bus import EventBus, handles
from xtalk_edge.config.schema import Config
from xtalk_edge.events import (
    AnnouncementDropped,
    AnnouncementStarted,
    ASRResultConcluded,
    ASRResultFinal,
    ASRResultPartial,
    ButtonPressed,
    ButtonReleased,
    CardLost,
    EchoMeasured,
    Event,
    SpeechRequested,
    SpeechWithdrawn,
    StopWordDetected,
    TextTyped,
    TTSPlaybackFinished,
    TTSPlaybackStarted,
    TurnASRConclusionRequested,
    TurnASRContinueRequested,
    TurnASREndRequested,
    TurnASRResetRequested,
    TurnASRStartRequested,
    TurnDetected,
    TurnLLMAgentStartRequested,
    TurnLLMAgentStopRequested,
    TurnPreparationRequested,
    TurnPrepared,
    TurnStateChanged,
    TurnTTSFlushRequested,
    TurnTTSHoldRequested,
    TurnTTSPauseRequested,
    TurnTTSResumeRequested,
    TurnTTSSoundAppendRequested,
    TurnTTSStopRequested,
    TurnTTSTextAppendRequested,
    VADSpeechClear,
    VADSpeechEnd,
    VADSpeechStart,
    VerificationResult,
    WakeWordDetected,
)
from xtalk_edge.managers.base import Manager
from xtalk_edge.managers.capture import CaptureManager
from xtalk_edge.turn import actions, facts
from xtalk_edge.turn.machine import TurnMachine
from xtalk_edge.turn.policy import TurnPolicy

log = logging.getLogger(__name__)


class Machine(Protocol):
    """Decides who has the floor: facts and time in, actions out."""

    @property
    def state(self) -> actions.State:
        """Who has the floor."""

    def handle(self, fact: facts.Fact, at_s: float) -> list[actions.Action]:
        """Take a fact that became known at `at_s`; return what to do, in order."""

    def tick(self, at_s: float) -> list[actions.Action]:
        """Let time pass up to `at_s`; return what to do, in order."""

    def adopt(self, policy: TurnPolicy) -> None:
        """Decide by this policy from now on."""


class TurnManager(Manager):
    """The shell of the turn machine: events in, requests out, a tick at every advance.

    Args:
        event_bus: where it listens and publishes.
        config: the settings.
        capture: whose clock counts.
        machine: decides; None for the turn machine.
    """

    def __init__(
        self,
        *,
        event_bus: EventBus,
        config: Config,
        capture: CaptureManager,
        machine: Machine | None = None,
    ) -> None:
        super().__init__(event_bus=event_bus, config=config)
        self._capture = capture
        self._machine = machine or TurnMachine(policy_of(config))

    @property
    def state(self) -> actions.State:
        """Who has the floor."""
        return self._machine.state

    @property
    def resting(self) -> bool:
        """Tell whether nobody has the floor."""
        return self._machine.state in actions.RESTING

    def adopt(self, config: Config) -> None:
        """Take turns by these settings from now on."""
        super().adopt(config)
        self._machine.adopt(policy_of(config))

    async def start(self) -> None:
        """Begin ticking."""
        self.bus.publish(TurnStateChanged(state=self._machine.state))
        self.tasks.start(self._tick(), "turn clock")

    async def _tick(self) -> None:
        while True:
            await self._capture.advance()
            self._perform(self._machine.tick(self._capture.head_s))

    # -- facts -----------------------------------------------------------------------------

    def _tell(self, fact: facts.Fact) -> None:
        self._perform(self._machine.handle(fact, self._capture.head_s))

    @handles(WakeWordDetected)
    def on_wake(self, event: WakeWordDetected) -> None:
        """The wake phrase was spoken."""
        self._tell(facts.Woken(event.at_sample / RATE_HZ))

    @handles(ButtonPressed)
    def on_button(self, event: ButtonPressed) -> None:
        """The button was pressed."""
        self._tell(facts.ButtonPressed())

    @handles(ButtonReleased)
    def on_release(self, event: ButtonReleased) -> None:
        """The button was let go."""
        self._tell(facts.ButtonReleased())

    @handles(TextTyped)
    def on_typed(self, event: TextTyped) -> None:
        """Somebody asks in writing."""
        self._tell(facts.TextTyped(event.text))

    @handles(StopWordDetected)
    def on_stop_word(self, event: StopWordDetected) -> None:
        """The stop word was spoken."""
        self._tell(facts.StopWordSpotted(event.at_sample / RATE_HZ, event.probability))

    @handles(EchoMeasured)
    def on_echo(self, event: EchoMeasured) -> None:
        """It is known how much of the device's own voice is removed."""
        self._tell(facts.EchoJudged(removed=not event.poor))

    @handles(CardLost)
    def on_card_lost(self, event: CardLost) -> None:
        """The sound device is gone."""
        self._tell(facts.SoundLost())

    @handles(VADSpeechStart)
    def on_speech_start(self, event: VADSpeechStart) -> None:
        """Somebody began to speak."""
        ended_s = None if event.ended_sample is None else event.ended_sample / RATE_HZ
        self._tell(facts.SpeechStarted(event.at_sample / RATE_HZ, event.clear, ended_s))

    @handles(VADSpeechClear)
    def on_speech_clear(self, event: VADSpeechClear) -> None:
        """It surely is speech."""
        self._tell(facts.SpeechCleared())

    @handles(VADSpeechEnd)
    def on_speech_end(self, event: VADSpeechEnd) -> None:
        """Somebody ceased to speak."""
        self._tell(facts.SpeechEnded(event.at_sample / RATE_HZ))

    @handles(ASRResultPartial)
    def on_partial(self, event: ASRResultPartial) -> None:
        """Some text is known."""
        heard_s = event.heard_sample / RATE_HZ
        self._tell(facts.PartialRecognised(event.turn_id, event.text, event.confidence, heard_s))

    @handles(ASRResultConcluded)
    def on_concluded(self, event: ASRResultConcluded) -> None:
        """The text is known, if nothing more is said."""
        self._tell(facts.Concluded(event.turn_id, event.text, event.confidence))

    @handles(TurnDetected)
    def on_detected(self, event: TurnDetected) -> None:
        """Something is known about how likely the text is to go on."""
        self._tell(facts.Detected(event.turn_id, event.text, event.finished))

    @handles(ASRResultFinal)
    def on_final(self, event: ASRResultFinal) -> None:
        """The text is known; tell whether it counts before anything comes of it."""
        fact = facts.FinalRecognised(event.turn_id, event.text, event.confidence)
        decided = self._machine.handle(fact, self._capture.head_s)
        reply_goes_on = any(isinstance(action, actions.Unduck) for action in decided)
        self.bus.publish(
            VerificationResult(
                turn_id=event.turn_id,
                text=event.text,
                is_valid=bool(event.text) and not reply_goes_on,
                confidence=event.confidence,
            )
        )
        self._perform(decided)

    @handles(TurnPrepared)
    def on_prepared(self, event: TurnPrepared) -> None:
        """The agent has thought about what was said so far."""
        self._tell(facts.Prepared(event.turn_id, event.text, event.is_request))

    @handles(TTSPlaybackStarted)
    def on_audible(self, event: TTSPlaybackStarted) -> None:
        """The reply can be heard."""
        self._tell(facts.ReplyAudible(event.turn_id))

    @handles(TTSPlaybackFinished)
    def on_played(self, event: TTSPlaybackFinished) -> None:
        """The reply was heard to its end."""
        self._tell(facts.ReplyEnded(event.turn_id))

    @handles(SpeechRequested)
    def on_offer(self, event: SpeechRequested) -> None:
        """Something outside a turn has something to say."""
        self._tell(facts.SpeechOffered(event.text, event.sound, event.offer_id))

    @handles(SpeechWithdrawn)
    def on_withdrawn(self, event: SpeechWithdrawn) -> None:
        """What was offered need not be said any more."""
        self._tell(facts.OfferWithdrawn(event.offer_id))

    # -- actions ---------------------------------------------------------------------------

    def _perform(self, decided: list[actions.Action]) -> None:
        for action in decided:
            for event in self._requests(action):
                self.bus.publish(event)

    def _requests(self, action: actions.Action) -> list[Event]:
        """Return what is to be published so that `action` is performed."""
        return self._of_hearing(action) or self._of_answering(action)

    def _of_hearing(self, action: actions.Action) -> list[Event]:
        match action:
            case actions.StartRecognition(turn_id, from_s):
                sample = round(from_s * RATE_HZ)
                return [TurnASRStartRequested(turn_id=turn_id, from_sample=sample)]
            case actions.EndRecognition(turn_id, at_s):
                sample = round(at_s * RATE_HZ)
                return [TurnASREndRequested(turn_id=turn_id, at_sample=sample)]
            case actions.Conclude(turn_id, at_s):
                sample = round(at_s * RATE_HZ)
                return [TurnASRConclusionRequested(turn_id=turn_id, at_sample=sample)]
            case actions.GoOn(turn_id):
                return [TurnASRContinueRequested(turn_id=turn_id)]
            case actions.DropRecognition(turn_id):
                return [TurnASRResetRequested(turn_id=turn_id)]
            case actions.Prepare(turn_id, text):
                return [TurnPreparationRequested(turn_id=turn_id, text=text)]
            case actions.StateChanged(state):
                return [TurnStateChanged(state=state)]
        return []

    def _of_answering(self, action: actions.Action) -> list[Event]:
        match action:
            case actions.StartReply(turn_id, text):
                return [TurnLLMAgentStartRequested(turn_id=turn_id, text=text)]
            case actions.AskAgain(turn_id):
                return _say(turn_id, self.config.turn.ask_again)
            case actions.Announce(turn_id, offer):
                return _announce(turn_id, offer)
            case actions.StopReply(turn_id, reason):
                return [
                    TurnLLMAgentStopRequested(turn_id=turn_id, reason=reason),
                    TurnTTSStopRequested(turn_id=turn_id, reason=reason),
                ]
            case actions.Duck(turn_id):
                return [TurnTTSPauseRequested(turn_id=turn_id)]
            case actions.HoldReply(turn_id):
                return [TurnTTSHoldRequested(turn_id=turn_id)]
            case actions.Unduck(turn_id):
                return [TurnTTSResumeRequested(turn_id=turn_id)]
            case actions.DiscardOffer(offer):
                log.warning("too many announcements are waiting; the oldest will not be said")
                return [AnnouncementDropped(offer_id=offer.offer_id)]
        return []


def _announce(turn_id: int, offer: facts.SpeechOffered) -> list[Event]:
    started: list[Event] = [AnnouncementStarted(turn_id=turn_id, offer_id=offer.offer_id)]
    if offer.sound:
        started.append(TurnTTSSoundAppendRequested(turn_id=turn_id, sound=offer.sound))
    return started + _say(turn_id, offer.text)


def _say(turn_id: int, text: str) -> list[Event]:
    """Return what is to be published to say a text to its end; "" is nothing but the end."""
    end = TurnTTSFlushRequested(turn_id=turn_id)
    return [TurnTTSTextAppendRequested(turn_id=turn_id, text=text), end] if text else [end]


def policy_of(config: Config) -> TurnPolicy:
    """Return the turn machine's policy as the settings say."""
    turn = config.turn
    return TurnPolicy(
        mode=config.wake.mode,
        button=turn.button,
        silence_s=turn.silence_ms / 1000,
        request_silence_s=turn.request_silence_ms / 1000,
        unfinished_silence_s=turn.unfinished_silence_ms / 1000,
        think_ahead=turn.think_ahead,
        pre_roll_s=turn.pre_roll_ms / 1000,
        no_speech_s=turn.no_speech_s,
        max_turn_s=turn.max_turn_s,
        follow_up_s=turn.follow_up_s,
        barge_in=turn.barge_in,
        verify_s=turn.verify_ms / 1000,
        hold_s=turn.hold_ms / 1000,
        verify_wordless_s=turn.verify_wordless_ms / 1000,
    )
