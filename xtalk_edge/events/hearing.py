"""Facts about what is heard."""

from __future__ import annotations

from dataclasses import dataclass

from xtalk_edge.events.event import Event


@dataclass(frozen=True, slots=True, kw_only=True)
class VADSpeechStart(Event):
    """Speech began at `at_sample`."""

    at_sample: int
    speech_probability: float = 0.0
    clear: bool = True
    """Whether it surely is speech; over the device's own voice that is not known at once."""
    ended_sample: int | None = None
    """Where it ended, if it is over already: on waking that is found out late."""


@dataclass(frozen=True, slots=True, kw_only=True)
class VADSpeechClear(Event):
    """What began as speech surely is some, by `at_sample`."""

    at_sample: int


@dataclass(frozen=True, slots=True, kw_only=True)
class VADSpeechEnd(Event):
    """Speech ended at `at_sample`."""

    at_sample: int
    speech_probability: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class PhraseSpotted(Event):
    """A fixed phrase was heard; what follows from it, its kinds say."""

    phrase: str
    at_sample: int
    """By where it had ended."""
    probability: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class WakeWordDetected(PhraseSpotted):
    """The wake phrase was heard, and this device answers."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WakeWordClaimed(PhraseSpotted):
    """The wake phrase was heard; which device answers is not decided yet."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WakeWordYielded(PhraseSpotted):
    """The wake phrase was heard, and a neighbour heard it better."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StopWordDetected(PhraseSpotted):
    """The stop word was heard."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SpeakerRecognized(Event):
    """Whose voice it is that speaks in this turn."""

    name: str
    """ "" where it is like nobody's who was enrolled."""
    likeness: float
    """To the nearest of them, as far as -1.0 to 1.0 goes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CaptionUpdated(Event):
    """What is heard around the device has changed."""

    text: str = ""
    """ "" is nothing."""
    is_final: bool = False
    """Whether no shorter description of the same is to come."""
    reason: str = ""
    """"refresh" of what was newly heard, "rewritten" of a shorter description, "quiet"."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ButtonPressed(Event):
    """The button (or its key) was pressed."""

    at_sample: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class ButtonReleased(Event):
    """The button (or its key) was let go."""

    at_sample: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class ASRResultPartial(Event):
    """What the recogniser has so far; the whole text since the turn began."""

    text: str
    confidence: float = 1.0
    """How sure the recogniser is of it; 1.0 where it cannot tell."""
    heard_sample: int = 0
    """Up to where it had heard."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ASRResultConcluded(Event):
    """What the final text will be if nothing more is said; "" when nothing was understood."""

    text: str
    confidence: float = 0.0
    semantic_tag: str = "<complete>"


@dataclass(frozen=True, slots=True, kw_only=True)
class VerificationResult(Event):
    """Whether a final text counts as said to the device; "" never does.

    Of what is heard over a reply only that counts which ends it: the rest shows that somebody
    listens, or is the device itself.
    """

    text: str
    is_valid: bool
    confidence: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class ASRResultFinal(Event):
    """What the recogniser settled on; "" when nothing was understood."""

    text: str
    confidence: float = 0.0
    display_text: str = ""
    semantic_tag: str = "<complete>"
