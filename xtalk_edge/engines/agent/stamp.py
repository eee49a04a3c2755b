"""What each question is marked with: when it is asked, by whom, and in what surroundings.

It comes late in the prompt, so that nothing before it has to be read again when it changes.
"""

from __future__ import annotations

from xtalk_edge.engines.agent.clock_line import ClockLine
from xtalk_edge.engines.agent.prompt import harmless


class Stamp:
    """Says what the model should know about the moment, the same throughout one question."""

    def __init__(self, clock_line: ClockLine) -> None:
        self._clock_line = clock_line
        self._speaker = ""
        self._caption = ""
        self._thought = ""
        self._told_thought = ""

    def text(self) -> str:
        """Return "[Friday, 4 May 2026, 16:10]" and what else is known, each in brackets."""
        # The history keeps what was told: a note that has not changed since is there already.
        thought = "" if self._thought == self._told_thought else f"Note: {self._thought}"
        known = (self._speaker, self._caption, thought)
        return " ".join((self._clock_line.text(), *(f"[{each}]" for each in known if each)))

    def renew(self) -> None:
        """Look at the clock again for the next question; what is known has been told."""
        self._clock_line.renew()
        self._told_thought = self._thought

    def use_speaker(self, name: str, about: str) -> None:
        """Take who asks from now on; "" is somebody unknown."""
        self._speaker = harmless(f"{name} is speaking. {about}") if name else ""

    def use_caption(self, text: str) -> None:
        """Take what is heard around the device; "" is nothing."""
        self._caption = harmless(text)

    def use_thought(self, text: str) -> None:
        """Take a note about the conversation; "" is none."""
        self._thought = harmless(text)
