"""When a pause means that the owner has finished. Pure; policies are interchangeable."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Pause:
    """A silence within a turn, as far as it is known."""

    began_s: float
    """Acoustic end of the last speech, on the sample clock."""
    turn_s: float
    """How long the turn has lasted when the pause began."""
    text: str
    """What has been recognised of the turn so far; may lag behind the sound."""


class Endpointing(Protocol):
    """Decides how long a pause may be; asked again whenever time or text moves on."""

    def ends_at_s(self, pause: Pause) -> float:
        """Return the sample-clock second at which the turn ends if nobody speaks until then."""
        ...


@dataclass(frozen=True, slots=True)
class FixedSilence:
    """Every pause of `silence_s` ends the turn."""

    silence_s: float

    def ends_at_s(self, pause: Pause) -> float:
        """Return the second at which the turn ends if nobody speaks until then."""
        return pause.began_s + self.silence_s
