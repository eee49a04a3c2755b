"""What is known about whoever has the floor: the owner's utterance and the device's reply. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field

from xtalk_edge.turn.forethought import Forethought


@dataclass(slots=True)
class Utterance:
    """Speech in the recogniser's hands."""

    turn_id: int
    from_s: float
    over_reply: bool
    """Began while a reply was in progress."""
    text: str = ""
    concluding: bool = False
    """The recogniser was asked for the text as if nothing more were said."""
    concluded: bool = False
    """`text` is what it said to that."""
    forethought: Forethought = field(default_factory=Forethought)
    verified: bool = False
    """Has lasted long enough to stop the reply it began over."""
    stop_word_heard: bool = False
    earlier_speech_s: float = 0.0
    """Speech before the stretch that is going on."""
    final_due_s: float | None = None
    """When its final text must have come; None while it is still being listened to."""


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
