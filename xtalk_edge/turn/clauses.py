"""Cuts a growing text into clauses that can be spoken one by one. Pure.

Decides character by character, so the pieces a text arrives in never change the clauses. A mark
ends a clause only when white space follows it (so "3.5", "10:30" and "https://x.y/z" stay whole);
Chinese and Japanese marks and line ends do so at once.
"""

from __future__ import annotations

import re

# Fewer words than this make a clause sound chopped; the first may be short, to be heard soon.
_MIN_WORDS = 4

# About 12 s of speech: longer texts make synthesisers slow to start and easy to overrun.
_MAX_CHARS = 200

_SENTENCE_END_UNSPACED = "。！？"
_PAUSE_UNSPACED = "；，、"
_UNSPACED = "\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff"

_WORD = re.compile(rf"[{_UNSPACED}]|[^\W_{_UNSPACED}]+(?:[^\w\s][^\W_{_UNSPACED}]+)*")
_LAST_MARKS = re.compile(r"([.!?;:,…]+)[\"')\]}”’»*_]*$")
_LAST_WORD = re.compile(r"[^\s\"'(\[{“‘«*_]*$")
_NUMBER_ONLY = re.compile(r"\W*\d+$")
_INITIALS = re.compile(r"(?:[^\W\d_]\.)+[^\W\d_]$")

# Words written with a full stop. Left out: those more often met at the end of a sentence ("no",
# "co", "sun", "in"), where a missed pause is worse than a short one.
# fmt: off
_ABBREVIATIONS = frozenset({
    "dr", "mr", "mrs", "ms", "prof", "st", "sr", "jr", "vs", "etc", "approx", "dept", "fig",
    "mt", "capt", "gen", "sgt", "rev", "hon", "inc", "ltd", "ca", "cf", "al", "ph.d", "bzw",
    "usw", "mme", "mlle", "sra",
})
# fmt: on


def first_clause(text: str) -> str:
    """Return what is spoken first of a text; "" of an empty one."""
    splitter = ClauseSplitter()
    return next(iter(splitter.push(text)), None) or splitter.flush() or ""


class ClauseSplitter:
    """Takes a text in pieces, gives it back in clauses without white space around them.

    The clauses, put together, are the text except for white space. Each holds a word; only an
    overlong run of marks, or what `flush` returns when the text ends so, may be marks alone.

    Args:
        first_words: fewest words that make the first clause where only a comma ends it.
    """

    def __init__(self, first_words: int = 1) -> None:
        self._first_words = first_words
        self._pending = ""
        self._is_first = True

    def push(self, text: str) -> list[str]:
        """Take the next piece; return the clauses it completes."""
        clauses: list[str] = []
        for char in text:
            if self._ends_before(char):
                clauses.append(self._take(len(self._pending)))
            self._pending = (self._pending + char).lstrip()
            if self._ends_after(char):
                clauses.append(self._take(len(self._pending)))
            elif len(self._pending) > _MAX_CHARS:
                clauses.append(self._take(self._last_space() or _MAX_CHARS))
        return clauses

    def flush(self) -> str | None:
        """End the text; return what is left of it, and be ready for a new text."""
        rest = self._pending.strip()
        self._pending = ""
        self._is_first = True
        return rest or None

    def _take(self, length: int) -> str:
        clause = self._pending[:length].rstrip()
        self._pending = self._pending[length:].lstrip()
        self._is_first = False
        return clause

    def _last_space(self) -> int:
        """Return the index of the last white space in the pending text; 0 if there is none."""
        spaces = (at for at in range(_MAX_CHARS, 0, -1) if self._pending[at].isspace())
        return next(spaces, 0)

    def _ends_before(self, char: str) -> bool:
        """Tell whether the pending text is a clause now that `char` follows."""
        if not char.isspace():
            return False
        found = _LAST_MARKS.search(self._pending)
        if found is None:
            return False
        marks, before = found[1], self._pending[: found.start()]
        if "!" in marks or "?" in marks:
            return self._has_words(1)
        if marks == ".":
            return self._has_words(1) and not _stop_belongs_to_word(before)
        if set(marks) <= {".", "…"}:
            return False
        return self._has_words(self._min_words)

    def _ends_after(self, char: str) -> bool:
        """Tell whether the pending text, which ends with `char`, is a clause whatever follows."""
        if char in _SENTENCE_END_UNSPACED or char == "\n":
            return self._has_words(1)
        return char in _PAUSE_UNSPACED and self._has_words(self._min_words)

    @property
    def _min_words(self) -> int:
        return self._first_words if self._is_first else _MIN_WORDS

    def _has_words(self, count: int) -> bool:
        return len(_WORD.findall(self._pending)) >= count


def _stop_belongs_to_word(before: str) -> bool:
    """Tell whether a full stop after `before` abbreviates or numbers rather than ends."""
    if _NUMBER_ONLY.match(before):
        return True
    found = _LAST_WORD.search(before)
    word = found[0] if found else ""
    is_initial = len(word) == 1 and word.isupper() and word != "I"
    return is_initial or word.lower() in _ABBREVIATIONS or _INITIALS.match(word) is not None
