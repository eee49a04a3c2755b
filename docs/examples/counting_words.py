"""A turn detector of one's own, in one file: who has said enough words has finished.

xtalk-edge engines check turn_detector counting_words.py:CountingWords
xtalk-edge demo --set turn_detector.type=counting_words.py:CountingWords
"""


class CountingWords:
    """Believes that a request has so many words."""

    def __init__(self, words: int = 3) -> None:
        self.words = words

    def finished(self, text: str, audio: bytes) -> float | None:
        """Return the chance that nothing is missing; None when nothing was understood."""
        said = len(text.split())
        return min(1.0, said / self.words) if said else None
