"""Facts about the board with button, lights and outputs."""

from __future__ import annotations

from dataclasses import dataclass

from xtalk_edge.events.event import Event


@dataclass(frozen=True, slots=True, kw_only=True)
class BoardConnected(Event):
    """A board is there."""

    name: str
    firmware: str
    """ "1.0.0"."""
    port: str


@dataclass(frozen=True, slots=True, kw_only=True)
class BoardLost(Event):
    """There is no board, or something is wrong with it; told once a reason."""

    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class BoardButtonUsed(Event):
    """Something was done to a button of the board, or of a GPIO line."""

    button: int
    """From 0."""
    action: str
    """ "press", "release", "tap", "double" or "long"."""
    at_sample: int


@dataclass(frozen=True, slots=True, kw_only=True)
class BoardSupplyChanged(Event):
    """The board's supply or battery has another voltage."""

    volts: float
