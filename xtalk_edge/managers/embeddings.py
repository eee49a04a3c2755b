"""Keeps texts that somebody hands over as documents."""

from __future__ import annotations

from xtalk_edge.bus import EventBus, handles
from xtalk_edge.config.schema import Config
from xtalk_edge.documents.desk import LibraryDesk
from xtalk_edge.events import TextEmbedded, TextForEmbeddingReady
from xtalk_edge.managers.base import Manager


class EmbeddingsManager(Manager):
    """Takes `TextForEmbeddingReady` from any manager, and says when the text can be found."""

    def __init__(self, *, event_bus: EventBus, config: Config, documents: LibraryDesk) -> None:
        super().__init__(event_bus=event_bus, config=config)
        self._documents = documents

    @handles(TextForEmbeddingReady)
    def on_text(self, event: TextForEmbeddingReady) -> None:
        """Keep the text; an empty one is nothing."""
        if event.text.strip():
            self.tasks.start(self._keep(event.text, event.turn_id), "text for embedding")

    async def _keep(self, text: str, turn_id: int) -> None:
        try:
            title = await self._documents.keep(text)
        except Exception as error:  # noqa: BLE001 - an engine may raise anything; the device goes on
            self.report(
                error, error_type="embedding_error", component="embeddings", turn_id=turn_id
            )
        else:
            self.bus.publish(TextEmbedded(turn_id=turn_id, title=title))
