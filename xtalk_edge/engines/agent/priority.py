"""Who may have the model: it is one, and does one thing at a time.

Lower work is ended, never queued ahead of; work of the same kind makes way for the newer.
"""

from __future__ import annotations

from enum import IntEnum

from xtalk_edge.engines.agent.stopping import Stop


class Priority(IntEnum):
    """What the model is wanted for, the least urgent first."""

    SUMMARY = 0
    PREFILL = 1
    SPECULATION = 2
    COMMIT = 3


class Desk:
    """Lets one piece of work at a time have the model."""

    def __init__(self) -> None:
        self._holder: Stop | None = None
        self._priority = Priority.SUMMARY

    async def take(self, priority: Priority) -> Stop | None:
        """Return the stop of the work that may begin; None when more urgent work goes on."""
        earlier = self._holder
        if earlier is not None and self._priority > priority:
            return None
        stop = self._holder = Stop()
        self._priority = priority
        if earlier is not None:
            await earlier.make_way()
        # Meanwhile a newer one may have come.
        return None if stop.stopped else stop

    def promote(self, stop: Stop, priority: Priority) -> None:
        """Give work that has the model another priority."""
        if self._holder is stop:
            self._priority = priority

    def leave(self, stop: Stop) -> None:
        """End work that is done or no longer wanted."""
        stop.stop()
        if self._holder is stop:
            self._holder = None

    def clear(self) -> None:
        """End whatever has the model."""
        if self._holder is not None:
            self.leave(self._holder)
