"""No rewriting."""

from __future__ import annotations

from xtalk_edge.engines.interfaces import Rewriter


class NoRewriter(Rewriter):
    """Leaves texts as they are."""

    def rewrite(self, input: str) -> str:
        """Return the text."""
        return input
