"""Facts about documents."""

from __future__ import annotations

from dataclasses import dataclass

from xtalk_edge.events.event import Event


@dataclass(frozen=True, slots=True, kw_only=True)
class TextForEmbeddingReady(Event):
    """A text is to be kept as a document."""

    text: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class TextEmbedded(Event):
    """Such a text was kept, and can be found."""

    title: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RetrievalUpdated(Event):
    """Documents were searched; `text` is what was found."""

    text: str = ""
    is_final: bool = False
