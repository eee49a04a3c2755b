"""Taps, double taps and long presses, from a button that goes down and up. Pure.

The firmware does the same (`mcu/buttons.c`); this is for buttons that hang on the host itself.
"""

from __future__ import annotations

from enum import Enum, auto

from firmware_bridge.messages import Action

DOUBLE_MS = 300
"""Two taps further apart are two taps."""

LONG_MS = 600
"""Held down for longer, a tap is none."""


class _State(Enum):
    UP = auto()
    DOWN = auto()
    """For the first time."""
    TAPPED = auto()
    """And let go; a second tap may follow."""
    DOWN_AGAIN = auto()
    HELD = auto()
    """Long; nothing more comes of it."""


class Gestures:
    """One button, its bounces already taken away."""

    def __init__(self) -> None:
        self._state = _State.UP
        self._since_ms = 0

    @property
    def due_ms(self) -> int | None:
        """When `tick` has something to tell, unless the button moves before."""
        match self._state:
            case _State.TAPPED:
                return self._since_ms + DOUBLE_MS
            case _State.DOWN | _State.DOWN_AGAIN:
                return self._since_ms + LONG_MS
        return None

    def tick(self, at_ms: int) -> list[tuple[Action, int]]:
        """Let time pass; return what happened, and when."""
        due_ms = self.due_ms
        if due_ms is None or at_ms < due_ms:
            return []
        state = self._state
        if state is _State.TAPPED:
            self._state = _State.UP
            return [(Action.TAP, due_ms)]
        self._state = _State.HELD
        # The tap before it stands alone.
        before = [(Action.TAP, due_ms)] if state is _State.DOWN_AGAIN else []
        return [*before, (Action.LONG, due_ms)]

    def move(self, down: bool, at_ms: int) -> list[tuple[Action, int]]:
        """Take that the button went down or up; return what happened, and when."""
        told = self.tick(at_ms)
        if down is (self._state in (_State.DOWN, _State.DOWN_AGAIN, _State.HELD)):
            # An edge was missed, and nothing is known of it.
            return told
        was, self._since_ms = self._state, at_ms
        if down:
            self._state = _State.DOWN_AGAIN if was is _State.TAPPED else _State.DOWN
            return [*told, (Action.PRESS, at_ms)]
        told.append((Action.RELEASE, at_ms))
        if was is _State.DOWN_AGAIN:
            told.append((Action.DOUBLE, at_ms))
        self._state = _State.TAPPED if was is _State.DOWN else _State.UP
        return told
