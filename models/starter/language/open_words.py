"""Words the brain has never been told about, so that it learns to copy rather than to know."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from random import Random

from models.starter.language.free_text import common_words, lists

DICTIONARY = "model/en-us/cmudict-en-us.dict"
"""The recogniser's own word list: whatever can be heard can be a name."""
MEANING = """
    timer timers alarm alarms clock note notes list lists hour hours minute minutes second seconds
    day days week weeks month months year years morning afternoon evening night noon midnight today
    tonight tomorrow yesterday monday tuesday wednesday thursday friday saturday sunday weekday
    weekdays weekend weekends daily weekly one two three four five six seven eight nine ten eleven
    twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen twenty thirty forty fifty
    sixty seventy eighty ninety hundred thousand half quarter the and for from past till until
    after before please all any every each another that this not off with called named
    no sorry wait actually mean
    """
TOLD_APART = frozenset(MEANING.split())
"""Words that mean something of their own wherever a name may stand."""


@cache
def dictionary() -> tuple[str, ...]:
    """Return every plain word of three to eleven letters the recogniser knows."""
    text = files("pocketsphinx").joinpath(DICTIONARY).read_text(encoding="utf-8")
    words = (line.partition(" ")[0] for line in text.splitlines())
    return tuple(
        word
        for word in words
        if 3 <= len(word) <= 11 and word.isascii() and word.isalpha() and word not in TOLD_APART
    )


@cache
def everyday() -> tuple[str, ...]:
    """Return the common words that may be a name."""
    return tuple(w for w in common_words() if len(w) > 2 and w.isalpha() and w not in TOLD_APART)


def any_word(rng: Random) -> str:
    """Return one word: an everyday, a rare or an invented one."""
    chance = rng.random()
    if chance < 0.3:
        return rng.choice(everyday())
    if chance < 0.5:
        return "".join(rng.choices(lists()["word_parts"], k=rng.randint(2, 3)))
    return rng.choice(dictionary())


def any_words(rng: Random, most: int = 2) -> str:
    """Return one to `most` words, one being the most likely."""
    count = 1 if rng.random() < 0.55 else rng.randint(1, most)
    return " ".join(any_word(rng) for _ in range(count))
