"""Messages that must arrive: one at a time, repeated until acknowledged. Pure.

Both sides do the same. One message is under way at a time, so "the same number as the last one" is
all it takes to know a repetition.
"""

from __future__ import annotations

import dataclasses
from collections import deque

from firmware_bridge.messages import (
    ACKNOWLEDGED,
    MOST_AGE_MS,
    MOST_SEQUENCE,
    Ack,
    Button,
    Knob,
    Message,
    Mute,
    SetLight,
    SetOutput,
    encode,
)
from firmware_bridge.wire import frame

RETRY_S = 0.04
"""Some ten times what a frame and its acknowledgement take at 115,200 baud, and too short to be
felt: at every fifth frame lost, 95 of 100 messages arrive after one repetition at most."""

MOST_WAITING = 32
"""Nobody presses faster than that; a host that is away for longer wants the newest."""


def _what(message: Message) -> object:
    """Return of what a message tells the state, so that a newer one takes its place; None: news."""
    match message:
        case Mute() | Knob() | SetLight():
            return type(message)
        case SetOutput(output):
            return SetOutput, output
    return None


class Outbox:
    """What is to be sent and acknowledged."""

    def __init__(self) -> None:
        self._waiting: deque[tuple[Message, float]] = deque()
        """Each with the moment it was put in."""
        self._sequence = 0
        self._under_way = False
        self._since_s = 0.0
        """When the first of them was sent for the first time."""
        self._again_s = 0.0
        self.repeated = 0

    def clear(self) -> None:
        """Forget everything, and begin to count anew: a new session."""
        self._waiting.clear()
        self._sequence = 0
        self._under_way = False

    def put(self, message: Message, at_s: float) -> None:
        """Take a message that must arrive, if there is room; of a state only the newest is kept."""
        what = _what(message)
        first = 1 if self._under_way else 0
        for index in range(first, len(self._waiting) if what else 0):
            if _what(self._waiting[index][0]) == what:
                self._waiting[index] = (message, at_s)
                return
        if len(self._waiting) >= MOST_WAITING:
            return
        self._waiting.append((message, at_s))

    def due(self, at_s: float) -> bytes:
        """Return the frame to be sent now, or nothing."""
        if not self._waiting or (self._under_way and at_s < self._again_s):
            return b""
        if self._under_way:
            self.repeated += 1
        else:
            self._sequence = self._sequence % MOST_SEQUENCE + 1
            self._under_way = True
            self._since_s = at_s
        self._again_s = at_s + RETRY_S
        message, put_s = self._waiting[0]
        return frame(encode(_aged(message, at_s - put_s), self._sequence))

    def acknowledged(self, ack: Ack) -> bool:
        """Tell whether that was what was waited for; the next may go then."""
        if not self._under_way or ack.acknowledged != self._sequence:
            return False
        self._under_way = False
        self._waiting.popleft()
        return True

    @property
    def next_s(self) -> float | None:
        """When `due` has something; None if nothing waits."""
        if not self._waiting:
            return None
        return self._again_s if self._under_way else 0.0

    def waiting_s(self, at_s: float) -> float:
        """Return for how long the first message has gone unanswered."""
        return at_s - self._since_s if self._under_way else 0.0


def _aged(message: Message, by_s: float) -> Message:
    if isinstance(message, Button):
        age_ms = min(MOST_AGE_MS, message.age_ms + round(by_s * 1000))
        return dataclasses.replace(message, age_ms=age_ms)
    return message


class Inbox:
    """Knows which messages came before, and answers each."""

    def __init__(self) -> None:
        self._last = 0
        """0 is none yet."""

    def clear(self) -> None:
        """Forget everything: a new session."""
        self._last = 0

    def is_new(self, message: Message, sequence: int) -> bool:
        """Tell whether a message has not come before."""
        if not isinstance(message, ACKNOWLEDGED):
            return True
        new = sequence != self._last
        self._last = sequence
        return new


def answer_to(message: Message, sequence: int) -> bytes:
    """Return the frame that acknowledges a message, or nothing."""
    return frame(encode(Ack(sequence))) if isinstance(message, ACKNOWLEDGED) else b""
