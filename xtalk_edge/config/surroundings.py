"""Settings of what tells the agent about the room and the conversation."""

from __future__ import annotations

from dataclasses import dataclass

from xtalk_edge.config.engine import EngineConfig
from xtalk_edge.config.fields import number


@dataclass(frozen=True, slots=True)
class CaptionerConfig(EngineConfig):
    """What describes the sounds around the device."""

    type: str = "none"
    interval_s: float = number(1.5, 0.5, 60.0)
    """Shortest time between two descriptions; while they stay the same it grows to eight times."""
    window_s: float = number(5.0, 1.0, 10.0)
    """How much of the last sound is described."""
    quiet_db: float = number(-50.0, -100.0, 0.0)
    """Level, in dB of full scale, below which the room is quiet and nothing is described."""


@dataclass(frozen=True, slots=True)
class CaptionRewriterConfig(EngineConfig):
    """What shortens several descriptions into one."""

    type: str = "none"


@dataclass(frozen=True, slots=True)
class ThoughtRewriterConfig(EngineConfig):
    """What keeps a short note about the conversation."""

    type: str = "none"
