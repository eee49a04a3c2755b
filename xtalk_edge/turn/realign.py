"""How much of a text was dealt with before the recogniser wrote it differently. Pure."""

from __future__ import annotations

from itertools import takewhile

MOST_LONGER = 24
"""Letters by which a revision makes old text longer, at most: a few words."""


def reaches(taken: str, letters: str) -> int:
    """Return up to which letter the new text says what was taken of the old one.

    Both are without spaces and marks, so that words written together or apart are the same. The
    rest is compared by edit distance. Where several places are as good it is the last: a letter
    that was heard differently was heard once all the same.
    """
    pairs = zip(taken, letters, strict=False)
    same = len(list(takewhile(lambda pair: pair[0] == pair[1], pairs)))
    old, new = taken[same:], letters[same:][: len(taken) - same + MOST_LONGER]
    costs = list(range(len(new) + 1))
    for number, letter in enumerate(old, 1):
        diagonal, costs[0] = costs[0], number
        for place, other in enumerate(new, 1):
            changed = diagonal + (letter != other)
            diagonal = costs[place]
            costs[place] = min(changed, diagonal + 1, costs[place - 1] + 1)
    return same + max(range(len(costs)), key=lambda place: (-costs[place], place))
