"""What is made of text alone."""

from __future__ import annotations

from abc import abstractmethod

from xtalk_edge.engines.interfaces.engine import Engine


class PunctuationRestorer(Engine):
    """Adds the marks and capitals that a recogniser left out."""

    @abstractmethod
    def restore(self, text: str) -> str:
        """Return the text with marks and capitals, its words as they were."""
