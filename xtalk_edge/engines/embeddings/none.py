"""No vectors: passages are found by their words alone."""

from __future__ import annotations

from xtalk_edge.engines.interfaces import Embeddings


class NoEmbeddings(Embeddings):
    """Knows words only as letters."""

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        """Return an empty vector for each."""
        return [[] for _ in texts]

    def embed_query(self, text: str) -> list[float]:
        """Return an empty vector."""
        return []
