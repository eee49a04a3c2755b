"""When a pause means that the owner has finished. Pure; policies are interchangeable."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from xtalk_edge.turn.unfinished import ends_in_number, sounds_unfinished


@dataclass(frozen=True, slots=True)
class Pause:
    """A silence within a turn, as far as it is known."""

    began_s: float
    """Acoustic end of the last speech, on the sample clock."""
    turn_s: float
    """How long the turn has lasted when the pause began."""
    text: str
    """What has been recognised of the turn so far; may lag behind the sound."""
    is_request: bool = False
    """Whether the agent knows what to do about this text, and misses nothing."""


class Endpointing(Protocol):
    """Decides how long a pause may be; asked again whenever time or text moves on."""

    def ends_at_s(self, pause: Pause) -> float:
        """Return the sample-clock second at which the turn ends if nobody speaks until then."""
        ...


@dataclass(frozen=True, slots=True)
class AdaptiveSilence:
    """Waits less where all seems said, and longer where something must follow; all in seconds."""

    silence_s: float
    """After anything else."""
    request_s: float
    """After what the agent can act upon as it is."""
    unfinished_s: float
    """After what sounds as if more is to come."""

    def ends_at_s(self, pause: Pause) -> float:
        """Return the second at which the turn ends if nobody speaks until then."""
        return pause.began_s + self._wait_s(pause)

    def _wait_s(self, pause: Pause) -> float:
        if sounds_unfinished(pause.text):
            return max(self.unfinished_s, self.silence_s)
        # "Set a timer for twenty" can be acted upon, but "five minutes" may follow.
        if pause.is_request and not ends_in_number(pause.text):
            return min(self.request_s, self.silence_s)
        return self.silence_s
