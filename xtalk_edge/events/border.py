"""What may leave the device."""

from __future__ import annotations

from dataclasses import dataclass

from xtalk_edge.events.event import Event


@dataclass(frozen=True, slots=True, kw_only=True)
class OfflineChanged(Event):
    """From now on nothing leaves the device, or things may again."""

    offline: bool
