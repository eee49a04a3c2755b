"""The words PocketSphinx may hear: those of a grammar, and everyday English beside them.

The bundled dictionary has 134,000 words; loading only what is needed saves half the memory.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Collection, Iterable, Mapping
from pathlib import Path

from xtalk_edge.errors import ModelError

_COMMENT = re.compile(r"/\*.*?\*/|//[^\n]*", re.DOTALL)
# Header, rule names, weights and tags: what stands in a grammar without being said.
_UNSPOKEN = re.compile(r"#JSGF[^;]*;|\bgrammar\s[^;]*;|\bpublic\b|<[^>]*>|/[0-9.eE+-]+/|\{[^}]*\}")
_PUBLIC = re.compile(r"\bpublic\s*<([^>]*)>")
_ALTERNATIVE = re.compile(r"\(\d+\)$")


def grammar_words(grammar: str) -> set[str]:
    """Return the words a JSGF grammar can say."""
    spoken = _UNSPOKEN.sub(" ", _COMMENT.sub(" ", grammar))
    return set(re.findall(r"[^\s|()\[\]=;*+\"]+", spoken))


def public_rule(grammar: str) -> str:
    """Return the name of a JSGF grammar's first public rule.

    Raises:
        ValueError: it has none.
    """
    found = _PUBLIC.search(_COMMENT.sub(" ", grammar))
    if found is None:
        raise ValueError("the grammar has no public rule")
    return found[1].strip()


def spelling(label: str) -> str:
    """Return the word of a dictionary label such as "the(2)"."""
    return _ALTERNATIVE.sub("", label)


class Lexicon:
    """Pronunciations by label; a word's further pronunciations are labelled "word(2)" and on."""

    def __init__(self, lines: Iterable[str], wanted: Collection[str]) -> None:
        self._phones: dict[str, tuple[str, ...]] = {}
        for line in lines:
            label, *phones = line.split()
            if spelling(label) in wanted:
                # Forty sounds, thousands of times.
                self._phones[label] = tuple(map(sys.intern, phones))

    def add(self, words: Mapping[str, str]) -> None:
        """Add or replace pronunciations, ARPAbet without stress: {"nabu": "N AA B UW"}."""
        for word, phones in words.items():
            self._phones[word] = tuple(phones.upper().split())

    def missing(self, words: Iterable[str]) -> list[str]:
        """Return the words without a pronunciation, in order."""
        return sorted(word for word in words if word not in self._phones)

    def phones(self, label: str) -> tuple[str, ...]:
        """Return how a label is said; () for pauses and noises."""
        return self._phones.get(label, ())

    def of(self, words: Collection[str]) -> Lexicon:
        """Return a lexicon with some of the words only."""
        return Lexicon(self.text().splitlines(), words)

    def words(self) -> set[str]:
        """Return every word that has a pronunciation."""
        return {spelling(label) for label in self._phones}

    def endings(self) -> Mapping[str, set[str]]:
        """Return of every word with which sounds it may end."""
        found: dict[str, set[str]] = {}
        for label, phones in self._phones.items():
            found.setdefault(spelling(label), set()).add(phones[-1])
        return found

    def text(self) -> str:
        """Return the dictionary as PocketSphinx reads it."""
        return "".join(f"{label} {' '.join(said)}\n" for label, said in self._phones.items())


def read_lexicon(path: Path, wanted: Collection[str]) -> Lexicon:
    """Return the wanted words of a CMU dictionary file.

    Raises:
        ModelError: the file cannot be read.
    """
    try:
        with path.open(encoding="latin-1") as lines:
            return Lexicon((line for line in lines if line.strip()), wanted)
    except OSError as exc:
        raise ModelError(
            f"{path}: cannot be read ({exc.strerror}); install pocketsphinx again"
        ) from exc
