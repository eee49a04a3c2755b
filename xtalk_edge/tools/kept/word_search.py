"""Finds what was dictated by the words it shares with a question (pure, English)."""

from __future__ import annotations

import re
from collections.abc import Sequence

from xtalk_edge.store.full_text import FUNCTION_WORDS
from xtalk_edge.tools.names import name_key, singular


def word_stems(text: str) -> frozenset[str]:
    """Return what a text is about, so that "the cars' keys" and "car key" are alike."""
    words = name_key(text).split()
    return frozenset(_stem(word) for word in words if word not in FUNCTION_WORDS)


def best_matches(wanted: str, texts: Sequence[str]) -> list[int]:
    """Return the indices, in order, of the texts that share most words with `wanted`, if any."""
    stems = word_stems(wanted)
    shared = [len(stems & word_stems(text)) for text in texts]
    most = max(shared, default=0)
    return [index for index, count in enumerate(shared) if count == most > 0]


def _stem(word: str) -> str:
    word = singular(word)
    for ending, least in (("ing", 6), ("ed", 5)):
        if len(word) >= least and word.endswith(ending):
            word = re.sub(r"([^aeiouls])\1$", r"\1", word.removesuffix(ending))
            break
    if len(word) > 3:
        word = re.sub(r"e$", "", word)
    return re.sub(r"y$", "i", word)
