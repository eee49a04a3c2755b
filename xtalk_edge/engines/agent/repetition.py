"""Notices a small model that says the same thing for ever (pure)."""

from __future__ import annotations

PHRASE_TIMES = 3
"""A refrain is heard twice; three times in a row is a loop."""

WORD_TIMES = 8
"""Songs have "la la la la"; nobody says a word eight times in a row and then something else."""

SHORT_PHRASE_WORDS = 3
"""Shorter phrases must come as often as single words."""

LONGEST_PHRASE_WORDS = 25


class Repetition:
    """Watches the words of one reply."""

    def __init__(self) -> None:
        self._words: list[str] = []
        self._open = ""

    def add(self, text: str) -> bool:
        """Take the next piece; tell whether the reply now only repeats itself."""
        pieces = (self._open + text).split(" ")
        self._open = pieces.pop()
        for word in pieces:
            if word.strip():
                self._words.append(word.strip().casefold())
                if self._goes_round():
                    return True
        return False

    def _goes_round(self) -> bool:
        words = self._words
        for length in range(1, LONGEST_PHRASE_WORDS + 1):
            times = WORD_TIMES if length < SHORT_PHRASE_WORDS else PHRASE_TIMES
            if len(words) < length * times:
                continue
            last = words[-length:]
            if all(
                words[-length * n : len(words) - length * (n - 1)] == last
                for n in range(2, times + 1)
            ):
                return True
        return False
