"""Decides which handler failures are worth an event; pure.

A broken handler of a frequent event would otherwise flood the bus with news of itself.
"""

from __future__ import annotations

from collections import deque

MAX_DEPTH = 3
"""A failure while handling a failure while handling a failure is reported; no deeper."""
COOLDOWN_S = 1.0
"""One component reports one kind of failure at most this often."""
MAX_PER_WINDOW = 10
WINDOW_S = 1.0
"""All components together report at most `MAX_PER_WINDOW` failures in this time."""


class ErrorLimiter:
    """Lets the first failure of a kind through and counts what it holds back."""

    def __init__(self) -> None:
        self.held_back = 0
        self._last_s: dict[tuple[str, str], float] = {}
        self._recent_s: deque[float] = deque(maxlen=MAX_PER_WINDOW)

    def allow(self, component: str, kind: str, depth: int, now_s: float) -> bool:
        """Tell whether this failure may be reported now; a held back one is counted."""
        last_s = self._last_s.get((component, kind))
        recent = self._recent_s
        if (
            depth > MAX_DEPTH
            or (last_s is not None and now_s - last_s < COOLDOWN_S)
            or (len(recent) == MAX_PER_WINDOW and now_s - recent[0] < WINDOW_S)
        ):
            self.held_back += 1
            return False
        self._last_s[component, kind] = now_s
        recent.append(now_s)
        return True
