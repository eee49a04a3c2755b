"""Whether enough of the device's own voice is removed to listen while it talks. Pure."""

from __future__ import annotations

from collections import deque
from statistics import median

REMEMBERED = 20
"""Pieces of half a second: ten seconds of the device's voice. The median of them outlasts a lost
block, or a canceller that is at a loss for a moment."""

KNOWN_FROM = 8
"""So many before anything is said of them: the cancellers learn for two seconds."""

POOR_DB, FINE_DB = 6.0, 10.0
"""Half of the loudness is left at 6 dB, and the voice detector hears speech; at 10 dB it seldom
does. Between them nothing changes, against flutter."""


class EchoHealth:
    """Judges the canceller by what it took away of the device's own voice (ERLE)."""

    def __init__(self) -> None:
        self._removed_db: deque[float] = deque(maxlen=REMEMBERED)
        self.poor = False
        """Whether the device had better not listen while it talks."""

    def learn(self, removed_db: float) -> None:
        """Take how much quieter one piece of its echo became."""
        self._removed_db.append(removed_db)
        known_db = self.removed_db
        if known_db is not None:
            self.poor = known_db < (FINE_DB if self.poor else POOR_DB)

    @property
    def removed_db(self) -> float | None:
        """How much quieter its echo becomes; None while too little was heard."""
        known = len(self._removed_db) >= KNOWN_FROM
        return median(self._removed_db) if known else None
