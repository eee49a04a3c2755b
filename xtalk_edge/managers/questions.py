"""Whether what is said may be the answer to a question of the device (pure).

A yes counts only right after a question that the owner heard: not minutes later, not after
something else was said aloud in between, and never from anywhere but the recogniser.
"""

from __future__ import annotations

ANSWER_WITHIN_S = 30.0
"""Whoever answers later has to find the wake word first, and may have forgotten the question."""


class OpenQuestion:
    """Watches what is asked and heard.

    Args:
        pardon: what is said when an answer was not understood; the question stays open.
    """

    def __init__(self, pardon: str) -> None:
        self.pardon = pardon
        self._asked_turn_id = 0
        self._heard_at_s: float | None = None

    def asked(self, turn_id: int) -> None:
        """Take note that the reply of this turn may be a question."""
        self._asked_turn_id = turn_id
        self._heard_at_s = None

    def heard(self, turn_id: int, text: str, at_s: float) -> None:
        """Take note of what the owner heard, and when it ended."""
        if turn_id == self._asked_turn_id:
            self._heard_at_s = at_s if text else None
        elif text and text != self.pardon:
            self._heard_at_s = None

    def may_be_answered(self, at_s: float) -> bool:
        """Tell whether what is said now can be an answer to it."""
        return self._heard_at_s is not None and at_s - self._heard_at_s <= ANSWER_WITHIN_S
