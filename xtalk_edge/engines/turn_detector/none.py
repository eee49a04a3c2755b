"""No turn detector: how long a pause may last follows from the last words and from the agent."""

from __future__ import annotations

from xtalk_edge.engines.interfaces import TurnDetector


class NoTurnDetector(TurnDetector):
    """Knows nothing."""

    def finished(self, text: str, audio: bytes) -> float | None:
        """Return None."""
        return None
