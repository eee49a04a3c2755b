"""What the turn machine asks for. Times are seconds on the sample clock (sample index / 16000)."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

from xtalk_edge.turn.facts import SpeechOffered

StopReason = Literal["interrupted", "stop word", "wake word", "button", "typed", "sound lost"]


class State(StrEnum):
    """Who has the floor."""

    ASLEEP = "asleep"
    """Nobody, until the wake word or the button."""
    ATTENDING = "attending"
    """The owner may speak and does not yet."""
    LISTENING = "listening"
    """The owner speaks."""
    THINKING = "thinking"
    """The owner's turn is over, no reply is audible yet."""
    SPEAKING = "speaking"
    """The reply is audible."""


RESTING = frozenset({State.ASLEEP, State.ATTENDING})
"""States in which nobody has the floor."""


@dataclass(frozen=True, slots=True)
class StartRecognition:
    """Recognise from `from_s` on."""

    turn_id: int
    from_s: float


@dataclass(frozen=True, slots=True)
class EndRecognition:
    """Recognise up to `at_s`, then tell the final text, whatever happens ("" on failure)."""

    turn_id: int
    at_s: float


@dataclass(frozen=True, slots=True)
class Conclude:
    """Tell what the text is up to `at_s`, as if nothing more were said."""

    turn_id: int
    at_s: float


@dataclass(frozen=True, slots=True)
class GoOn:
    """More is said after all: what was concluded is not the whole text."""

    turn_id: int


@dataclass(frozen=True, slots=True)
class DropRecognition:
    """Forget the utterance; no final text is wanted."""

    turn_id: int


@dataclass(frozen=True, slots=True)
class Prepare:
    """Think about `text`, which may still go on; do nothing that could not be taken back."""

    turn_id: int
    text: str


@dataclass(frozen=True, slots=True)
class StartReply:
    """Answer `text`."""

    turn_id: int
    text: str


@dataclass(frozen=True, slots=True)
class AskAgain:
    """Say that nothing was understood; it is a reply like any other and ends like one."""

    turn_id: int


@dataclass(frozen=True, slots=True)
class Announce:
    """Say what was offered word for word; it is a reply like any other and ends like one."""

    turn_id: int
    offer: SpeechOffered


BeginReply = StartReply | AskAgain | Announce
"""After each of these there is a reply."""


@dataclass(frozen=True, slots=True)
class DiscardOffer:
    """Too many announcements wait: this, the oldest, will not be said."""

    offer: SpeechOffered


@dataclass(frozen=True, slots=True)
class StopReply:
    """Be silent at once and stop working on the reply; ends its ducking too."""

    turn_id: int
    reason: StopReason


@dataclass(frozen=True, slots=True)
class Duck:
    """Somebody may be speaking: lower the reply, also one that is not audible yet."""

    turn_id: int


@dataclass(frozen=True, slots=True)
class HoldReply:
    """Somebody does speak: let the lowered reply stand still, to go on from there or to stop."""

    turn_id: int


@dataclass(frozen=True, slots=True)
class Unduck:
    """It was nothing: back to full volume, and on from where the reply stood still."""

    turn_id: int


@dataclass(frozen=True, slots=True)
class StateChanged:
    """The floor changed hands."""

    state: State


@dataclass(frozen=True, slots=True)
class TellSegment:
    """Tell that a piece of what is being said is certain."""

    turn_id: int
    text: str
    end_s: float


@dataclass(frozen=True, slots=True)
class TellWhole:
    """Tell what was said in one go."""

    turn_id: int
    text: str


@dataclass(frozen=True, slots=True)
class TellLag:
    """Tell that the answers come too slowly."""

    pieces: int
    """How many wait."""
    left_out: str
    """The one that will have no answer; "" if there was room for all."""


Action = (
    StartRecognition
    | EndRecognition
    | Conclude
    | GoOn
    | DropRecognition
    | Prepare
    | StartReply
    | AskAgain
    | Announce
    | DiscardOffer
    | StopReply
    | Duck
    | HoldReply
    | Unduck
    | StateChanged
    | TellSegment
    | TellWhole
    | TellLag
)
