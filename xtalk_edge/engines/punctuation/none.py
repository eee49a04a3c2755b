"""No punctuation: text stays as the recogniser wrote it."""

from __future__ import annotations

from xtalk_edge.engines.interfaces import PunctuationRestorer


class NoPunctuation(PunctuationRestorer):
    """Leaves text alone."""

    def restore(self, text: str) -> str:
        """Return the text."""
        return text
