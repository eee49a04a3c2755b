"""Facts about the reply on its way to the loudspeaker."""

from __future__ import annotations

from dataclasses import dataclass

from xtalk_edge.events.event import Event


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
class VolumeChanged(Event):
    """Everything that is played has another volume from now on."""

    percent: int


@dataclass(frozen=True, slots=True, kw_only=True)
class TTSPlaybackStarted(Event):
    """The first sample of the reply was audible, at `at_s`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TTSPaused(Event):
    """The reply was ducked."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TTSHeld(Event):
    """The reply stands still; nothing of it is lost."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TTSResumed(Event):
    """The reply is back at full volume, and goes on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TTSStopped(Event):
    """The reply was cut; `text` is what had been heard."""

    text: str
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class TTSPlaybackFinished(Event):
    """The last sample of the reply was audible; `text` is the reply as heard."""

    text: str
