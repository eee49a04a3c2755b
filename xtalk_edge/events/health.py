"""Measurements and failures."""

from __future__ import annotations

from dataclasses import dataclass

from xtalk_edge.events.event import Event


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
    thought_ahead: bool = False
    """Whether the answer had been begun before the turn was over."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EchoMeasured(Event):
    """How the device's own voice comes back, and how much of it is removed."""

    removed_db: float
    """How much quieter it becomes (ERLE), the median of its last ten seconds."""
    delay_ms: float
    """From what is handed to the card until it is at the microphone."""
    drift_ppm: float | None = None
    """How much faster the microphone's clock runs than the loudspeaker's; None while unknown."""
    poor: bool = False
    """Whether too little is removed to listen to people while the device talks."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ErrorOccurred(Event):
    """Something failed and was contained."""

    error_type: str
    error_message: str
    component: str


@dataclass(frozen=True, slots=True, kw_only=True)
class HealthChanged(Event):
    """Something the device lives by stopped, or goes on again."""

    check: str
    """What is watched: "capture", "loop", "playback", "engines", "disk", "store", "temperature"."""
    healthy: bool
    detail: str
    """What was seen, in words for the owner."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RecoveryStepTaken(Event):
    """The device tries to help itself."""

    step: str
    """What it does: "reopen", "re-enumerate", "restart engine", "exit"."""
    check: str
    """What is wrong, as `HealthChanged` names it."""
    count: int
    """How often it has done so since the start."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GovernorStepped(Event):
    """The device does with less, or takes some of it back."""

    rung: str
    """What is given up or taken back: "threads", "context", "enhancer", "voice", "offload"."""
    eased: bool
    """Whether it is given up; False where it is taken back."""
    reason: str
    """What made it do so, in words for the owner."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SettingsReloaded(Event):
    """The settings were read again."""

    sentence: str
    """What came of it, for the owner."""
    changed: tuple[str, ...] = ()
    """Names of the settings that are other ones than before, "turn.silence_ms"."""
    restarts: bool = False
    """Whether some of them take a restart, which comes once the conversation rests."""
    problem: str = ""
    """What is wrong with them; "" where nothing is."""
