"""Texts and questions as SQLite's full-text search wants them (pure)."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator

SPACELESS = "\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af\uf900-\ufaff"
"""Characters of scripts that put no spaces between words, for a regular expression's brackets.

Korean has spaces, but between what are sentences' parts rather than words."""

FUNCTION_WORDS = frozenset({
    "a", "about", "am", "an", "and", "any", "are", "as", "at", "be", "been", "but", "by", "can",
    "could", "did", "do", "does", "for", "from", "had", "has", "have", "he", "her", "his", "how",
    "i", "if", "in", "is", "it", "its", "me", "my", "of", "on", "or", "our", "she", "so", "some",
    "that", "the", "their", "them", "then", "there", "these", "they", "this", "those", "to", "us",
    "was", "we", "were", "what", "when", "where", "which", "who", "why", "will", "with", "you",
    "your",
})  # fmt: skip
"""English words that say nothing of what a text is about."""

_CHARACTER = re.compile(f"([{SPACELESS}])")
_WORD = re.compile(f"[{SPACELESS}]+|[^\\W{SPACELESS}]+")


def spaced(text: str) -> str:
    """Return a text as its words are kept: characters of scripts without spaces one by one.

    The index is told the same when it forgets a text, so this must not change without its table.
    """
    return _CHARACTER.sub(r" \1 ", text)


def match_expression(query: str) -> str:
    """Return a query for texts that have any of the words; "" when there are none."""
    words = list(dict.fromkeys(_words(query)))
    telling = [word for word in words if word.casefold() not in FUNCTION_WORDS]
    return " OR ".join(f'"{word}"' for word in telling or words)


def _words(query: str) -> Iterator[str]:
    for word in _WORD.findall(query):
        if len(word) == 1 or not _CHARACTER.match(word):
            yield word
        else:
            # Two characters beside one another stand for a word.
            yield from (f"{first} {second}" for first, second in itertools.pairwise(word))
