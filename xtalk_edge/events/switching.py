"""How the device is to speak and think from now on, asked for while it runs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from xtalk_edge.events.event import Event


@dataclass(frozen=True, slots=True, kw_only=True)
class TTSVoiceChange(Event):
    """Speak with another voice of the same engine from the next clause on."""

    voice_name: str
    """As the owner calls it, or as the engine does."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TTSEmotionChange(Event):
    """Speak with another emotion from the next clause on; for engines that have any."""

    emotion_name: str = ""
    emotion_vector: tuple[float, ...] = ()
    """The engine's own figures, in place of a name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TTSSpeedChange(Event):
    """Speak faster or slower from the next clause on."""

    speed: float
    """Times the usual, 0.5 to 2."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TTSDeliveryChanged(Event):
    """From now on it speaks so, whoever asked for it."""

    voice_name: str
    """"" of an engine with only one."""
    emotion_name: str
    """"" while none was chosen."""
    speed: float
    """Times the usual."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelSwitchRequested(Event):
    """Put another engine into a slot, between two turns."""

    model_type: str
    """As `type` in the settings."""
    config: Mapping[str, Any] = field(default_factory=dict)
    """The engine's own settings."""
    name: str = ""
    """What the owner calls it, where it is to say aloud that it is there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TTSModelSwitchRequested(ModelSwitchRequested):
    """Speak with another engine."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LLMModelSwitchRequested(ModelSwitchRequested):
    """Let another agent answer; it is told what was said before."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelSwitched(Event):
    """Another engine is in use."""

    slot: str
    model_type: str
    name: str
    load_s: float
    """Until it was ready; the one before went on meanwhile, unless there was no room for both."""
    wait_s: float
    """From there until the turn was over and it took its place."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelSwitchFailed(Event):
    """The engine asked for cannot be had; the one before stays in use."""

    slot: str
    model_type: str
    name: str
    problem: str
    """One sentence for the owner of the settings."""
