"""What the turn machine is told. Times are seconds on the sample clock (sample index / 16000)."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Woken:
    """The wake phrase ended at `at_s`."""

    at_s: float


@dataclass(frozen=True, slots=True)
class ButtonPressed:
    """The button was pressed."""


@dataclass(frozen=True, slots=True)
class ButtonReleased:
    """The button was let go."""


@dataclass(frozen=True, slots=True)
class TextTyped:
    """Somebody asks in writing."""

    text: str


@dataclass(frozen=True, slots=True)
class StopWordSpotted:
    """The stop word had been spoken by `at_s`."""

    at_s: float
    probability: float = 1.0


@dataclass(frozen=True, slots=True)
class EchoJudged:
    """Whether enough of the device's own voice is removed to listen while it talks."""

    removed: bool


@dataclass(frozen=True, slots=True)
class SpeechStarted:
    """Speech began to be audible at `at_s`."""

    at_s: float
    clear: bool = True
    """Whether it surely is speech."""
    ended_s: float | None = None
    """When it ceased, if that is known already."""


@dataclass(frozen=True, slots=True)
class SpeechCleared:
    """What is audible surely is speech."""


@dataclass(frozen=True, slots=True)
class SpeechEnded:
    """Speech ceased to be audible at `at_s`; known only a little later."""

    at_s: float


@dataclass(frozen=True, slots=True)
class PartialRecognised:
    """The whole text of the turn so far."""

    turn_id: int
    text: str
    confidence: float = 1.0
    heard_s: float = 0.0
    """Up to where the recogniser had heard."""


@dataclass(frozen=True, slots=True)
class Concluded:
    """The text of a turn if nothing more is said; "" when nothing was understood."""

    turn_id: int
    text: str
    confidence: float = 1.0


@dataclass(frozen=True, slots=True)
class Detected:
    """How likely it is that nothing is missing from `text`, 0.0 to 1.0; None: nobody can tell."""

    turn_id: int
    text: str
    finished: float | None


@dataclass(frozen=True, slots=True)
class FinalRecognised:
    """What the recogniser settled on; "" when nothing was understood, also when it failed."""

    turn_id: int
    text: str
    confidence: float = 1.0


@dataclass(frozen=True, slots=True)
class Prepared:
    """The agent has thought about `text`."""

    turn_id: int
    text: str
    is_request: bool
    """It knows what to do about it, and misses nothing."""


@dataclass(frozen=True, slots=True)
class SoundLost:
    """The sound device is gone: nobody can be heard, and nothing said."""


@dataclass(frozen=True, slots=True)
class ReplyAudible:
    """The first sample of the reply is audible."""

    turn_id: int


@dataclass(frozen=True, slots=True)
class ReplyEnded:
    """The reply was played to its end, or there was nothing to say."""

    turn_id: int


@dataclass(frozen=True, slots=True)
class SpeechOffered:
    """Something outside a turn (a timer) wants `text` said when the floor is free."""

    text: str
    sound: str = ""
    """Chime to play before it; "" for none."""
    offer_id: int = 0
    """By which the offerer knows it again."""


@dataclass(frozen=True, slots=True)
class OfferWithdrawn:
    """What was offered under this number need not be said any more."""

    offer_id: int


@dataclass(frozen=True, slots=True)
class AnswerComplete:
    """The agent has nothing more to say in a turn."""

    turn_id: int


@dataclass(frozen=True, slots=True)
class Marked:
    """What is in no piece yet of an utterance, with marks in it."""

    turn_id: int
    text: str


@dataclass(frozen=True, slots=True)
class FlushAsked:
    """What was said so far is to be answered, although it is neither a sentence nor a pause."""


OwnersFact = (
    Woken
    | ButtonPressed
    | ButtonReleased
    | TextTyped
    | StopWordSpotted
    | SpeechStarted
    | SpeechEnded
)
"""What somebody does."""

OwnFact = (
    SpeechCleared
    | EchoJudged
    | SoundLost
    | ReplyAudible
    | ReplyEnded
    | SpeechOffered
    | OfferWithdrawn
)
"""What the device itself does, or finds out."""

TextFact = PartialRecognised | Concluded | Detected | Prepared | FinalRecognised
"""What becomes known about the text of an utterance."""

Fact = OwnersFact | OwnFact | TextFact

InterpretersFact = AnswerComplete | Marked | FlushAsked
"""What only the interpreter is told besides."""
