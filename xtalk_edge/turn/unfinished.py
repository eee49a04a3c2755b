"""Whether what was said so far sounds as if more is to come. Pure; knows English."""

from __future__ import annotations

from xtalk_edge.turn.phrases import spoken_words

_WORDS_BEFORE_MORE = """
    a an the my your our his her their this these some any another every each to for from of at by
    with about until till than into onto and or but because if when while so which who i i'm i'd
    i'll we it's there's is are was be been um uh er erm hmm mm set add put make create change
    move take wake remind remember call named called
    """
_HANGING = frozenset(_WORDS_BEFORE_MORE.split())
"""Words after which English goes on: articles, prepositions, conjunctions, verbs without an object,
and the sounds people make while they look for a word."""

_HANGING_PAIRS = frozenset((verb, way) for verb in ("turn", "switch") for way in ("on", "off"))
"""Verbs whose second half may also end a sentence: "turn on ..." but "turn the light on"."""

_NUMBER_WORDS = """
    one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen
    sixteen seventeen eighteen nineteen twenty thirty forty fifty sixty seventy eighty ninety
    hundred thousand point half quarter oh
    """
_NUMBERS = frozenset(_NUMBER_WORDS.split())


def sounds_unfinished(text: str) -> bool:
    """Tell whether a sentence can hardly end here."""
    words = spoken_words(text)
    return bool(words) and (words[-1] in _HANGING or tuple(words[-2:]) in _HANGING_PAIRS)


def ends_in_number(text: str) -> bool:
    """Tell whether the last word is a number, after which another or a unit may follow."""
    words = spoken_words(text)
    return bool(words) and (words[-1] in _NUMBERS or words[-1].isdecimal())
