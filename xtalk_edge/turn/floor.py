"""What is known about whoever has the floor: the owner's utterance and the device's reply. Pure."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

from xtalk_edge.turn.actions import State
from xtalk_edge.turn.endpointing import Pause
from xtalk_edge.turn.facts import Concluded, Detected, FinalRecognised, PartialRecognised, TextFact
from xtalk_edge.turn.forethought import Forethought
from xtalk_edge.turn.speech_track import SpeechTrack

TAIL_S = 0.25
"""People let the button go with their last syllable."""

STOP_ENDS_S = 0.35
"""The voice detector hears a word's end a tenth of a second late, and the room rings on; one more
word takes longer."""


@dataclass(slots=True)
class Utterance:
    """Speech in the recogniser's hands."""

    turn_id: int
    from_s: float
    over_reply: bool
    """Began while a reply was in progress."""
    clear: bool = True
    """Whether it surely is speech: a noise may pass for some."""
    text: str = ""
    confidence: float = 1.0
    """Of the text."""
    concluding: bool = False
    """The recogniser was asked for the text as if nothing more were said."""
    concluded: bool = False
    """`text` is what it said to that."""
    forethought: Forethought = field(default_factory=Forethought)
    verified: bool = False
    """Has lasted long enough to stop the reply it began over."""
    stop_word_heard: bool = False
    stop_word_ended_s: float | None = None
    """By when the spotter had heard the stop word; None while it has not."""
    earlier_speech_s: float = 0.0
    """Speech before the stretch that is going on."""
    held_down: bool = False
    """Lasts as long as the button is held down, whatever is heard."""
    released_s: float | None = None
    """When the button was let go."""
    final_due_s: float | None = None
    """When its final text must have come; None while it is still being listened to."""

    def learn(self, fact: TextFact) -> None:
        """Take what became known about the text; a conclusion nobody waits for is stale."""
        text = fact.text.strip()
        match fact:
            case PartialRecognised():
                self.text, self.confidence = text, fact.confidence
            case Concluded():
                if self.concluding:
                    self.text, self.concluded = text, True
                    self.confidence = fact.confidence
            case FinalRecognised():
                self.confidence = fact.confidence
            case Detected():
                self.forethought.judged(text, fact.finished)
            case _:  # Prepared, the only one left
                self.forethought.found(text, is_request=fact.is_request)

    def hear_stop(self, ended_s: float) -> None:
        """Note that the spotter heard the stop word in it."""
        self.stop_word_heard, self.stop_word_ended_s = True, ended_s

    def ends_with_stop(self, speech_end_s: float | None) -> bool:
        """Tell whether nothing was said behind the stop word that the spotter heard."""
        if self.stop_word_ended_s is None or speech_end_s is None:
            return False
        return speech_end_s <= self.stop_word_ended_s + STOP_ENDS_S

    def held_down_until_s(self) -> float:
        """Return when a turn ends for which the button is held down."""
        return math.inf if self.released_s is None else self.released_s + TAIL_S

    def speech_s(self, track: SpeechTrack, now_s: float) -> float:
        """Return the seconds of speech so far, pauses left out."""
        return self.earlier_speech_s + track.seconds_after(self.from_s, now_s)

    def go_on(self) -> None:
        """More is said: what was concluded is not all."""
        self.concluding = self.concluded = False

    def pause(self, began_s: float) -> Pause:
        """Return the pause that began then, as far as it is known."""
        judged = self.concluded and self.forethought.is_judged(self.text)
        return Pause(
            began_s,
            began_s - self.from_s,
            self.text,
            pending=self.concluding and not judged,
            over_reply=self.over_reply,
            is_request=self.forethought.knows_request(self.text),
            finished=self.forethought.finished(self.text),
        )


@dataclass(slots=True)
class Reply:
    """An answer, a question back, or an announcement in progress."""

    turn_id: int
    stay_awake_s: float
    """How long to attend after it."""
    audible: bool = False
    ducked: bool = False
    held: bool = False
    """Stands still until it is known what was said over it."""


def state_of(utterance: Utterance | None, reply: Reply | None, *, awake: bool) -> State:
    """Return who has the floor."""
    if reply is not None:
        return State.SPEAKING if reply.audible else State.THINKING
    if utterance is not None:
        return State.LISTENING if utterance.final_due_s is None else State.THINKING
    return State.ATTENDING if awake else State.ASLEEP
