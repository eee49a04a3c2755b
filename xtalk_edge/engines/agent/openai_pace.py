"""How long the next sign of an answer may take (pure)."""

from __future__ import annotations

from dataclasses import dataclass

GRACE_S = 0.5
"""So long a server may take to close an answer after saying that it is over."""


@dataclass(frozen=True, slots=True)
class Limits:
    """How long each phase of an answer may take, in seconds."""

    first_token_s: float
    """From the question to the first word or call, thinking included."""
    stall_s: float
    """Between two events after that."""
    whole_s: float


class Pace:
    """Watches one answer.

    Args:
        limits: how long its phases may take.
        asked_at_s: when it was asked for.
    """

    def __init__(self, limits: Limits, asked_at_s: float) -> None:
        self._limits = limits
        self._asked_at_s = asked_at_s
        self._sign_at_s = asked_at_s
        self._has_begun = False
        self.is_ending = False
        """Whether nothing is missing but the end."""

    def begin_anew(self) -> None:
        """Forget what came of another try; the time it took counts."""
        self._has_begun = self.is_ending = False

    def sign(self, at_s: float, *, has_begun: bool, is_ending: bool) -> None:
        """Take note of an event."""
        self._sign_at_s = at_s
        self._has_begun, self.is_ending = has_begun, is_ending

    def left_s(self, at_s: float) -> float:
        """Return how long the next event may still take; negative when it is late."""
        return self._by_s() - at_s

    def begins_within(self, wait_s: float, at_s: float) -> bool:
        """Tell whether there is time to begin after a wait."""
        return at_s + wait_s < self._asked_at_s + self._limits.first_token_s

    def complaint(self, host: str) -> str:
        """Return what took too long, and what to do."""
        limits = self._limits
        if not self._has_begun:
            return (
                f"{host} did not begin to answer within {limits.first_token_s:g} s; take a smaller "
                "model, or raise agent.first_token_s"
            )
        if self._by_s() < self._sign_at_s + limits.stall_s:
            return f"the answer of {host} took longer than {limits.whole_s:g} s (agent.whole_s)"
        return f"{host} fell silent for {limits.stall_s:g} s in the middle of an answer"

    def _by_s(self) -> float:
        whole_by_s = self._asked_at_s + self._limits.whole_s
        if self.is_ending:
            return self._sign_at_s + GRACE_S
        if not self._has_begun:
            return min(whole_by_s, self._asked_at_s + self._limits.first_token_s)
        return min(whole_by_s, self._sign_at_s + self._limits.stall_s)
