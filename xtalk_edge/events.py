"""Every fact that travels on the bus.

Names are X-Talk's where X-Talk has the event. Events are frozen, carry no audio, and say where
in the sound they happened (`at_sample`: absolute index at 16 kHz, shared by all rings).
`at_s` is the loop's monotonic time in seconds; `turn_id` 0 means "outside any turn".
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, ClassVar

from xtalk_edge.clock import now_s


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """A fact."""

    droppable: ClassVar[bool] = False
    """Whether a full inbox may discard it; only repeated measurements are."""

    turn_id: int = 0
    at_s: float = field(default_factory=now_s)


# -- sound ---------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class CardOpened(Event):
    """A sound card is running."""

    name: str
    rate_hz: int
    block_ms: float
    latency_ms: float


@dataclass(frozen=True, slots=True, kw_only=True)
class CardEnded(Event):
    """A card has nothing more to give: a file is over, a script is done, a device is gone."""

    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AudioGap(Event):
    """Captured sound was lost and replaced by zeros."""

    at_sample: int
    samples: int
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LoopLagged(Event):
    """The event loop was late by more than it may be."""

    droppable: ClassVar[bool] = True
    lag_s: float


# -- hearing -------------------------------------------------------------------------------


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
class ButtonPressed(Event):
    """The button (or its key) was pressed."""

    at_sample: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class ASRResultPartial(Event):
    """What the recogniser has so far; the whole text since the turn began."""

    text: str
    confidence: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class ASRResultFinal(Event):
    """What the recogniser settled on; "" when nothing was understood."""

    text: str
    confidence: float = 0.0
    display_text: str = ""
    semantic_tag: str = "<complete>"


# -- turn ----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class TurnStateChanged(Event):
    """Who has the floor now."""

    state: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TurnASRStartRequested(Event):
    """Recognise from `from_sample` on."""

    from_sample: int


@dataclass(frozen=True, slots=True, kw_only=True)
class TurnASREndRequested(Event):
    """Recognise up to `at_sample`, then give the final text."""

    at_sample: int


@dataclass(frozen=True, slots=True, kw_only=True)
class TurnASRResetRequested(Event):
    """Forget the utterance; no final text is wanted."""


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
class TurnTTSResumeRequested(Event):
    """Come back to full volume: it was nothing."""


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


# -- answering -----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class LLMFirstChunk(Event):
    """The agent gave its first piece."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LLMFirstSentence(Event):
    """The first speakable clause is complete."""

    text: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class LLMAgentResponseUpdate(Event):
    """The reply so far, as generated (not as heard)."""

    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LLMAgentResponseFinish(Event):
    """The agent is done; `text` is the whole reply as generated."""

    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolCallOccurred(Event):
    """The agent called a tool."""

    name: str
    args: dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolResultOccurred(Event):
    """A tool answered."""

    name: str
    content: str
    ok: bool = True


# -- speaking ------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class TTSStarted(Event):
    """The first clause of a reply went to the synthesiser."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TTSChunkGenerated(Event):
    """A piece of speech was made and queued for playback."""

    chunk_index: int
    frames: int


@dataclass(frozen=True, slots=True, kw_only=True)
class TTSFinished(Event):
    """All speech of the turn has been made (not yet played)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TTSPlaybackStarted(Event):
    """The first sample of the reply is audible."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TTSPaused(Event):
    """The reply was ducked."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TTSResumed(Event):
    """The reply is back at full volume."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TTSStopped(Event):
    """The reply was cut; `text` is what had been heard."""

    text: str
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class TTSPlaybackFinished(Event):
    """The last sample of the reply was audible; `text` is the reply as heard."""

    text: str


# -- health --------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class LatencyMetricsUpdated(Event):
    """Where the time of one turn went; milliseconds, None where a step did not happen."""

    endpoint_wait_ms: float | None = None
    asr_final_ms: float | None = None
    llm_first_token_ms: float | None = None
    llm_sentence_ms: float | None = None
    tts_first_chunk_ms: float | None = None
    audible_ms: float | None = None
    voice_to_voice_ms: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ErrorOccurred(Event):
    """Something failed and was contained."""

    error_type: str
    error_message: str
    component: str
