"""What waits to be said when the floor is free. Pure."""

from __future__ import annotations

from collections import deque

from xtalk_edge.turn.facts import SpeechOffered

MOST_WAITING = 16
"""More timers than anybody sets; beyond it something offers without end."""


class Offers:
    """Announcements in the order they came."""

    def __init__(self) -> None:
        self._waiting: deque[SpeechOffered] = deque()

    def __bool__(self) -> bool:
        return bool(self._waiting)

    def add(self, offer: SpeechOffered) -> SpeechOffered | None:
        """Add one; return the oldest when it had to make room."""
        dropped = self._waiting.popleft() if len(self._waiting) == MOST_WAITING else None
        self._waiting.append(offer)
        return dropped

    def withdraw(self, offer_id: int) -> None:
        """Forget one that has not been taken; an unknown one is already gone."""
        self._waiting = deque(each for each in self._waiting if each.offer_id != offer_id)

    def take(self) -> SpeechOffered:
        """Return the oldest, which then waits no more."""
        return self._waiting.popleft()
