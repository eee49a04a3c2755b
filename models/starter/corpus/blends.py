"""Makes new talk of old, so that none is learnt by heart: swapped words, joined halves; no I/O."""

from __future__ import annotations

from collections.abc import Callable
from random import Random

from models.starter.language.open_words import TOLD_APART, any_word

SWAPPED = 0.22
"""Share of sentences in which a word or two becomes another."""

JOINED = 0.06
"""Share that begins as one sentence and ends as another."""

SHORTEST = 4
"""Letters a swapped word has: the small words, denials among them, make a sentence no order."""

KEPT = TOLD_APART | {"never", "don't", "didn't", "doesn't", "won't", "wouldn't", "shouldn't"}


def blend(text: str, another: Callable[[], str], rng: Random) -> str:
    """Return talk as it is, with other words, or continued by the end of another's."""
    chance = rng.random()
    if chance < SWAPPED:
        return _with_others(text, rng)
    return _continued(text, another(), rng) if chance < SWAPPED + JOINED else text


def _with_others(text: str, rng: Random) -> str:
    words = text.split()
    places = [i for i, word in enumerate(words) if len(word) >= SHORTEST and word not in KEPT]
    for at in rng.sample(places, min(len(places), rng.randint(1, 2))):
        words[at] = any_word(rng)
    return " ".join(words)


def _continued(text: str, other: str, rng: Random) -> str:
    first, second = text.split(), other.split()
    if min(len(first), len(second)) < SHORTEST:
        return text
    return " ".join(
        first[: rng.randint(2, len(first) - 1)] + second[rng.randint(1, len(second) - 2) :]
    )
