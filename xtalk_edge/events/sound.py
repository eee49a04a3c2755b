"""Facts about sound cards and captured sound."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from xtalk_edge.events.event import Event


@dataclass(frozen=True, slots=True, kw_only=True)
class CardOpened(Event):
    """A sound card is running."""

    name: str
    rate_hz: int
    block_ms: float
    latency_ms: float


@dataclass(frozen=True, slots=True, kw_only=True)
class CardLost(Event):
    """A sound device is gone, and waited for; `CardOpened` follows when it is back."""

    reason: str


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
class MicrophoneDead(Event):
    """What the microphone gives has not moved by one step for so long: it is muted, or broken."""

    seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class MicrophoneMuted(Event):
    """From now on nothing is heard, or something is again."""

    muted: bool
    by: str
    """"switch" of the board, or "command"."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MicrophoneClipped(Event):
    """So many samples of the last seconds stand at full scale; told once."""

    samples: int


@dataclass(frozen=True, slots=True, kw_only=True)
class LoopLagged(Event):
    """The event loop was late by more than it may be."""

    droppable: ClassVar[bool] = True
    lag_s: float
