"""When a pause means that the owner has finished. Pure; policies are interchangeable."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from xtalk_edge.turn.policy import TurnPolicy
from xtalk_edge.turn.unfinished import ends_in_number, sounds_unfinished

UNFINISHED, FINISHED = 0.1, 0.4
"""Chances that nothing is missing, below which something is waited for, and from which a request
is taken as it is. Of sixty orders the built-in detector gives 51 the latter, and 9 of their 149
beginnings; 102 of the beginnings, and one order, are below the former."""


@dataclass(frozen=True, slots=True)
class Pause:
    """A silence within a turn, as far as it is known."""

    began_s: float
    """Acoustic end of the last speech, on the sample clock."""
    turn_s: float
    """How long the turn has lasted when the pause began."""
    text: str
    """What has been recognised of the turn so far; may lag behind the sound."""
    pending: bool = False
    """Whether more is about to become known about the text."""
    over_reply: bool = False
    """Whether a lowered reply waits for what comes of it."""
    is_request: bool = False
    """Whether the agent knows what to do about this text, and misses nothing."""
    finished: float | None = None
    """How likely the words, or their sound, make it that nothing is missing; None while unknown."""


class Endpointing(Protocol):
    """Decides how long a pause may be; asked again whenever time or text moves on."""

    def ends_at_s(self, pause: Pause) -> float:
        """Return the sample-clock second at which the turn ends if nobody speaks until then."""
        ...


EndpointingOf = Callable[[TurnPolicy], Endpointing]
"""Makes one of what the owner chose."""


@dataclass(frozen=True, slots=True)
class AdaptiveSilence:
    """Waits less where all seems said, and longer where something must follow; all in seconds."""

    silence_s: float
    """After anything else."""
    request_s: float
    """After what the agent can act upon as it is."""
    unfinished_s: float
    """After what sounds as if more is to come, and while nothing is known of it."""

    @classmethod
    def of(cls, policy: TurnPolicy) -> AdaptiveSilence:
        """Return the one that the owner chose."""
        return cls(policy.silence_s, policy.request_silence_s, policy.unfinished_silence_s)

    def ends_at_s(self, pause: Pause) -> float:
        """Return the second at which the turn ends if nobody speaks until then."""
        return pause.began_s + self._wait_s(pause)

    def _wait_s(self, pause: Pause) -> float:
        nothing_yet = not pause.text and not pause.over_reply
        if pause.pending or nothing_yet or _misses_something(pause):
            return max(self.unfinished_s, self.silence_s)
        if pause.is_request and _is_whole(pause):
            return min(self.request_s, self.silence_s)
        return self.silence_s


def _misses_something(pause: Pause) -> bool:
    if pause.finished is None:
        return sounds_unfinished(pause.text)
    return pause.finished < UNFINISHED


def _is_whole(pause: Pause) -> bool:
    if pause.finished is None:
        # "Set a timer for twenty" can be acted upon, but "five minutes" may follow.
        return not ends_in_number(pause.text)
    return pause.finished >= FINISHED
