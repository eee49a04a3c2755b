"""Who has the floor, and what is asked of recogniser, agent and voice because of it."""

from __future__ import annotations

from dataclasses import dataclass

from xtalk_edge.events.event import Event


@dataclass(frozen=True, slots=True, kw_only=True)
class TurnStateChanged(Event):
    """Who has the floor now."""

    state: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TextTyped(Event):
    """Somebody asks `text` in writing; it is answered like what is said."""

    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TurnASRStartRequested(Event):
    """Recognise from `from_sample` on."""

    from_sample: int


@dataclass(frozen=True, slots=True, kw_only=True)
class TurnASREndRequested(Event):
    """Recognise up to `at_sample`, then give the final text."""

    at_sample: int


@dataclass(frozen=True, slots=True, kw_only=True)
class TurnASRConclusionRequested(Event):
    """Give the text up to `at_sample`, as if nothing more were said."""

    at_sample: int


@dataclass(frozen=True, slots=True, kw_only=True)
class TurnASRContinueRequested(Event):
    """More is said: what was concluded is not the whole text."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TurnASRResetRequested(Event):
    """Forget the utterance; no final text is wanted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TurnDetected(Event):
    """How likely it is, at a pause, that nothing is missing from `text`."""

    text: str
    finished: float | None
    """0.0 to 1.0; None when nobody can tell."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TurnPreparationRequested(Event):
    """Think about `text`, which may still go on; do nothing that could not be taken back."""

    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TurnPrepared(Event):
    """The agent has thought about `text` so far."""

    text: str
    is_request: bool
    """It knows what to do about it, and misses nothing."""
    said: str = ""
    """What it would say, as far as it is known."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TurnLLMAgentStartRequested(Event):
    """Answer `text`."""

    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TurnLLMAgentStopRequested(Event):
    """Stop answering."""

    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class TurnTTSTextAppendRequested(Event):
    """Say `text` (one clause) after what is already queued."""

    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TurnTTSFlushRequested(Event):
    """Nothing more will be appended to this turn."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TurnTTSPauseRequested(Event):
    """Duck: somebody may be speaking."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TurnTTSHoldRequested(Event):
    """Stand still: somebody does speak, and may mean it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TurnTTSResumeRequested(Event):
    """Come back to full volume, and go on: it was nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TurnTTSStopRequested(Event):
    """Be silent at once."""

    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class TurnTTSSoundAppendRequested(Event):
    """Play a sound as the next piece of the reply."""

    sound: str
    """Name of a chime, or under which a tool's audio is kept."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SpeechRequested(Event):
    """Something outside a turn (a timer) wants `text` said."""

    text: str
    sound: str = ""
    """Chime to play before it; "" for none."""
    offer_id: int = 0
    """By which whoever asked knows it again; 0 when nobody does."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SpeechWithdrawn(Event):
    """What was requested with `offer_id` is not to be said any more, if it has not begun."""

    offer_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class AnnouncementStarted(Event):
    """What was requested with `offer_id` is now being said, in turn `turn_id`."""

    offer_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class AnnouncementDropped(Event):
    """What was requested with `offer_id` will not be said: too much was waiting."""

    offer_id: int
