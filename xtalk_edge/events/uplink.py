"""Facts about a server that may answer or speak in the device's stead."""

from __future__ import annotations

from dataclasses import dataclass

from xtalk_edge.events.event import Event


@dataclass(frozen=True, slots=True, kw_only=True)
class UplinkStateChanged(Event):
    """The server can do something else than before."""

    abilities: tuple[str, ...] = ()
    """Of "full", "agent" and "tts", what it can do now."""
    trouble: str = ""
    """Why it can do nothing, in a sentence for the owner; "" while it can."""


@dataclass(frozen=True, slots=True, kw_only=True)
class UplinkSideChosen(Event):
    """It was settled who answers a turn or speaks a clause, or that the other one goes on."""

    ability: str
    """"full", "agent" or "tts"."""
    side: str
    """"device" or "server"."""
    why: str
    """One word of `uplink.choice.Why`."""
    usual_ms: float | None = None
    """What the server usually takes to its first speakable clause, or sound; None while unknown."""
