"""Tells everybody what a search of the documents has found."""

from __future__ import annotations

from xtalk_edge.bus import handles
from xtalk_edge.events import RetrievalUpdated, ToolResultOccurred
from xtalk_edge.managers.base import Manager
from xtalk_edge.tools.kept.local_search import local_search


class RetrievalManager(Manager):
    """Publishes the answers of the search tool, for screens and the owner's own managers."""

    @handles(ToolResultOccurred)
    def on_result(self, event: ToolResultOccurred) -> None:
        """Pass on what was found."""
        if event.name == local_search.name and event.ok:
            self.bus.publish(
                RetrievalUpdated(turn_id=event.turn_id, text=event.content, is_final=True)
            )
