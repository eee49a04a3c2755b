"""What the agent was asked to think about while the owner paused, and what it found. Pure."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(slots=True)
class Forethought:
    """Of one utterance."""

    _asked_text: str = ""
    _request_text: str = ""

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
