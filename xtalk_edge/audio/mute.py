"""Whether anything may be heard: the one place that says so, asked before every use of sound."""

from __future__ import annotations

import math


class Mute:
    """A state with reasons: it holds while there is one.

    Set on the loop, read on the ear's thread.
    """

    def __init__(self) -> None:
        self._by: frozenset[str] = frozenset()
        self._lifted_s = -math.inf

    @property
    def on(self) -> bool:
        """Whether there is a reason."""
        return bool(self._by)

    @property
    def by(self) -> frozenset[str]:
        """The reasons that hold."""
        return self._by

    def put(self, muted: bool, by: str, at_s: float) -> bool:
        """Add a reason, or take it away; tell whether that changed what is heard."""
        was = self.on
        by_now = self._by | {by} if muted else self._by - {by}
        if was and not by_now:
            # Before the reason is gone, or the ear might look in between.
            self._lifted_s = at_s
        self._by = by_now
        return self.on != was

    def covers(self, captured_s: float) -> bool:
        """Tell whether sound of that time must not be heard, although it may come only now."""
        return self.on or captured_s < self._lifted_s
