"""Facts about what is heard."""

from __future__ import annotations

from dataclasses import dataclass

from xtalk_edge.events.event import Event


@dataclass(frozen=True, slots=True, kw_only=True)
class VADSpeechStart(Event):
    """Speech began at `at_sample`."""

    at_sample: int
    speech_probability: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class VADSpeechEnd(Event):
    """Speech ended at `at_sample`."""

    at_sample: int
    speech_probability: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class WakeWordDetected(Event):
    """The wake phrase ended at `at_sample`."""

    phrase: str
    at_sample: int
    probability: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class WakeWordClaimed(Event):
    """The wake phrase ended at `at_sample`; whether this device answers is not decided yet."""

    phrase: str
    at_sample: int
    probability: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class WakeWordYielded(Event):
    """The wake phrase ended at `at_sample`, and a neighbour heard it better."""

    phrase: str
    at_sample: int
    probability: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class StopWordDetected(Event):
    """The stop word had been spoken by `at_sample`."""

    phrase: str
    at_sample: int
    probability: float = 0.0


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
    confidence: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class ASRResultConcluded(Event):
    """What the final text will be if nothing more is said; "" when nothing was understood."""

    text: str
    confidence: float = 0.0
    semantic_tag: str = "<complete>"


@dataclass(frozen=True, slots=True, kw_only=True)
class ASRResultFinal(Event):
    """What the recogniser settled on; "" when nothing was understood."""

    text: str
    confidence: float = 0.0
    display_text: str = ""
    semantic_tag: str = "<complete>"
