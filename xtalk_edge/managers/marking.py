"""Puts marks and capitals into a recogniser's text."""

from __future__ import annotations

from xtalk_edge.engines.hosting import Hosted
from xtalk_edge.managers.base import Manager
from xtalk_edge.turn.marks import lacks_marks, same_words


class Marking:
    """Has texts marked by an engine; a text stays as it is where that fails: the words matter more.

    Args:
        manager: reports failures.
        punctuation: the engine, with its worker; None marks nothing.
    """

    def __init__(self, manager: Manager, punctuation: Hosted | None) -> None:
        self._manager = manager
        self._punctuation = punctuation

    def may_help(self, text: str) -> bool:
        """Tell whether there is an engine, and something for it to do."""
        return self._punctuation is not None and lacks_marks(text)

    async def marked(self, turn_id: int, text: str) -> str:
        """Return the text with marks and the same words."""
        punctuation = self._punctuation
        if punctuation is None or not self.may_help(text):
            return text
        try:
            marked = await punctuation.worker.run(punctuation.engine.restore, text)
        except Exception as error:  # noqa: BLE001 - an engine may raise anything; the turn goes on
            self._manager.report(
                error, error_type="punctuation_error", component="punctuation", turn_id=turn_id
            )
            return text
        return same_words(text, marked)
