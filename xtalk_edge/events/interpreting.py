"""Facts of interpreting: what is certain of what somebody is still saying."""

from __future__ import annotations

from dataclasses import dataclass

from xtalk_edge.events.event import Event


@dataclass(frozen=True, slots=True, kw_only=True)
class ASRStableSegmentReady(Event):
    """A piece of what is being said is certain; its answer has the same turn."""

    text: str
    end_sample: int
    """Up to where the recogniser had heard when it first wrote the last of its words, or where
    speech ended."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TranscriptionRefined(Event):
    """What was said in one go, as the recogniser wrote it in the end; the turn is its own."""

    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TurnASRFlushRequested(Event):
    """Hand on what was said so far, although it is neither a sentence nor a pause."""

    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class InterpretingLagged(Event):
    """The answers come slower than what is said."""

    pieces: int
    """Pieces that wait for their answer."""
    left_out: str = ""
    """The oldest of them, which will have none; "" while there is room."""
