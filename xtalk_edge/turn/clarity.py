"""Whether what passes for speech over the device's own voice is clearly speech. Pure.

Noise that gets past the voice detector does so haltingly. Of forty pieces of dishes, machines and
babble over an answer one had twelve frames in a row of which the detector was sure; of 28 people
who talked over one, all had. With eight in a row it would have been six pieces.
"""

from __future__ import annotations

SURE = 0.9
"""Probability of speech."""

IN_A_ROW_S = 0.38
"""Two syllables; the shortest words that mean to interrupt have as much, but "stop", for which
there is a spotter."""


class Clarity:
    """Looks for frames in a row that are surely speech.

    Args:
        frame_s: length of each frame.
    """

    def __init__(self, frame_s: float) -> None:
        self._needed = max(1, round(IN_A_ROW_S / frame_s))
        self._in_a_row = 0
        self.clear = False
        """Whether there were enough since it began."""

    def hear(self, probability: float) -> bool:
        """Take the next frame's probability of speech; tell whether it made the speech clear."""
        self._in_a_row = self._in_a_row + 1 if probability >= SURE else 0
        if self.clear or self._in_a_row < self._needed:
            return False
        self.clear = True
        return True

    def begin(self, *, clear: bool) -> None:
        """Take the beginning of speech; it may be known to be clear."""
        self._in_a_row = 0
        self.clear = clear
