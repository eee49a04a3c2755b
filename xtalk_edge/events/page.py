"""Facts about the status page."""

from __future__ import annotations

from dataclasses import dataclass

from xtalk_edge.events.event import Event


@dataclass(frozen=True, slots=True, kw_only=True)
class PageOpened(Event):
    """The status page can be looked at."""

    url: str
