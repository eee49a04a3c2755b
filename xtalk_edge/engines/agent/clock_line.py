"""Date and time as the model is told them: late in the prompt, so that its start never changes."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from xtalk_edge.clock import now_s, wall_now

KEPT_S = 20.0
"""As long as one may talk in a turn: a minute that ends meanwhile must not undo what was read."""


class ClockLine:
    """Says what time it is, the same throughout one question."""

    def __init__(
        self,
        wall: Callable[[], datetime] = wall_now,
        monotonic_s: Callable[[], float] = now_s,
    ) -> None:
        self._wall = wall
        self._monotonic_s = monotonic_s
        self._text = ""
        self._taken_at_s = 0.0

    def text(self) -> str:
        """Return "[Friday, 4 May 2026, 16:10]"; no speech can forge it, see `harmless`."""
        at_s = self._monotonic_s()
        if not self._text or not 0.0 <= at_s - self._taken_at_s <= KEPT_S:
            now = self._wall()
            self._text = f"[{now:%A}, {now.day} {now:%B %Y, %H:%M}]"
            self._taken_at_s = at_s
        return self._text

    def renew(self) -> None:
        """Look at the clock again for the next question."""
        self._text = ""
