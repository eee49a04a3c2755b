"""What says a text in another way, mostly a shorter one."""

from __future__ import annotations

from abc import abstractmethod

from xtalk_edge.engines.interfaces.engine import Engine


class Rewriter(Engine):
    """Rewrites texts, one at a time, in the background."""

    @abstractmethod
    def rewrite(self, input: str) -> str:
        """Return the text rewritten; "" of nothing, or where nothing came of it."""

    def abort(self) -> None:
        """End the rewriting under way, from any thread and at once; nothing comes of it.

        Engines that cannot are waited for.
        """
