"""What was found out about a turn while the owner paused. Pure."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(slots=True)
class Forethought:
    """Of one utterance."""

    _asked_text: str = ""
    _request_text: str = ""
    _judged_text: str | None = None
    _finished: float | None = None

    def wants(self, text: str) -> bool:
        """Tell whether the agent should think about `text`; true once for each text."""
        if not text or text == self._asked_text:
            return False
        self._asked_text = text
        return True

    def found(self, text: str, *, is_request: bool) -> None:
        """Take what the agent found out about a text, which may have gone on meanwhile."""
        if is_request:
            self._request_text = text

    def knows_request(self, text: str) -> bool:
        """Tell whether `text` is known to be a request that misses nothing."""
        return bool(text) and text == self._request_text

    def judged(self, text: str, finished: float | None) -> None:
        """Take how likely it is that nothing is missing from a text; None: nobody can tell."""
        self._judged_text, self._finished = text, finished

    def finished(self, text: str) -> float | None:
        """Return how likely it is that nothing is missing from `text`; None if that is unknown."""
        return self._finished if text == self._judged_text else None

    def is_judged(self, text: str) -> bool:
        """Tell whether it is known, or known to remain unknown, if something is missing."""
        return text == self._judged_text
