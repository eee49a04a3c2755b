"""What the owner calls things: names as said, and whether two of them mean the same (pure)."""

from __future__ import annotations

import re

from xtalk_edge.tools.spoken import ONES, TENS
from xtalk_edge.turn.phrases import spoken_words

DETERMINERS = frozenset({"the", "a", "an", "some", "my", "our"})
"""What stands before a name and is no part of it."""

_ONES = {word: number for number, word in enumerate(ONES)}
_TENS = {word: 10 * number for number, word in enumerate(TENS) if word}
_CLOSING = " .,;:!?…"


def bare_name(name: str) -> str:
    """Return a name without what is said before it: "the kitchen light." is "kitchen light"."""
    words = " ".join(name.split()).rstrip(_CLOSING).split()
    while words and words[0].lower() in DETERMINERS:
        del words[0]
    return " ".join(words)


def name_key(name: str) -> str:
    """Return what two names have in common when they sound alike: "My Twenty-Five" is "25".

    Letter case, marks, hyphens, apostrophes and leading determiners do not count, and numbers
    below a hundred are the same in words and in digits.
    """
    words = [word.replace("'", "") for word in spoken_words(name)]
    while words and words[0] in DETERMINERS:
        del words[0]
    return " ".join(_with_digits(words))


def same_name(one: str, other: str) -> bool:
    """Tell whether two names sound alike."""
    return name_key(one) == name_key(other)


def singular(word: str) -> str:
    """Return the word for one of them: "lights" is "light", "batteries" is "battery"."""
    if len(word) > 4 and word.endswith("ies"):
        return f"{word[:-3]}y"
    if re.search(r"(?:ss|sh|ch|x|z)es$", word):
        return word[:-2]
    if len(word) > 3 and word.endswith("s") and not word.endswith(("ss", "us", "is")):
        return word[:-1]
    return word


def _with_digits(words: list[str]) -> list[str]:
    result: list[str] = []
    tens = 0
    """The tens just said, which ones may follow."""
    for word in words:
        if tens and 0 < _ONES.get(word, 0) < 10:
            result[-1] = str(tens + _ONES[word])
        else:
            number = _ONES.get(word, _TENS.get(word))
            result.append(word if number is None else str(number))
        tens = _TENS.get(word, 0)
    return result
