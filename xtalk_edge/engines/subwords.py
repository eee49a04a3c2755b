"""How a speech model's tokens spell a phrase.

Models write in pieces of words that were found by byte-pair encoding: sentencepiece joins the two
neighbours whose joint piece was found earliest, as long as there are any. It numbers the pieces in
the order in which they were found, so that tokens.txt is all that is needed to spell as it does.
Chinese, Japanese and Korean characters are tokens of their own.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from itertools import pairwise
from pathlib import Path
from typing import Literal

from xtalk_edge.engines.tokens_file import read_tokens

_CURE = "fetch the model again"

WORD_MARK = "\u2581"
"""Where a word begins."""

_CHARACTER_WORDS = "\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af"
_CHARACTER = re.compile(f"[{_CHARACTER_WORDS}]")
_PARTS = re.compile(rf"[{_CHARACTER_WORDS}]|[^\s{_CHARACTER_WORDS}]+")

ModelingUnit = Literal["bpe", "cjkchar", "cjkchar+bpe"]


class Subwords:
    """The tokens of one model.

    Args:
        numbers: of each token.
    """

    def __init__(self, numbers: Mapping[str, int]) -> None:
        self._numbers = numbers
        letters = "".join(token for token in numbers if not token.startswith("<"))
        self._upper = letters.upper() == letters
        self._lower = letters.lower() == letters

    def __contains__(self, token: str) -> bool:
        return token in self._numbers

    @property
    def modeling_unit(self) -> ModelingUnit:
        """What sherpa-onnx calls such tokens."""
        words = any(token.startswith(WORD_MARK) for token in self._numbers)
        characters = any(_CHARACTER.fullmatch(token) for token in self._numbers)
        if words and characters:
            return "cjkchar+bpe"
        return "cjkchar" if characters else "bpe"

    def cased(self, phrase: str) -> str:
        """Return the phrase in the one case that the tokens have; as it is if they have both."""
        if self._upper == self._lower:
            return phrase
        return phrase.upper() if self._upper else phrase.lower()

    def spelled(self, phrase: str) -> list[str] | None:
        """Return the tokens of a phrase; None where there are none for a part of it."""
        found: list[str] = []
        for part in _PARTS.findall(self.cased(phrase)):
            if _CHARACTER.fullmatch(part) and part in self._numbers:
                found.append(part)
            elif WORD_MARK + part in self._numbers:
                found.append(WORD_MARK + part)
            else:
                found += self._merged([WORD_MARK, *part])
        return found if all(token in self._numbers for token in found) else None

    def _merged(self, pieces: list[str]) -> list[str]:
        while True:
            joint = {
                self._numbers[first + second]: at
                for at, (first, second) in reversed([*enumerate(pairwise(pieces))])
                if first + second in self._numbers
            }
            if not joint:
                return pieces
            at = joint[min(joint)]
            pieces[at : at + 2] = [pieces[at] + pieces[at + 1]]

    def vocabulary(self) -> Iterable[str]:
        """Yield the lines of the vocabulary that sentencepiece would write: piece and score."""
        pieces = sorted(self._numbers, key=self._numbers.__getitem__)
        for score, piece in enumerate(each for each in pieces if not each.startswith("<")):
            yield f"{piece}\t{-score}\n"


def read_subwords(path: Path) -> Subwords:
    """Return the tokens of a tokens.txt; raises ModelError."""
    return Subwords({token: number for token, number in read_tokens(path, _CURE) if token})
