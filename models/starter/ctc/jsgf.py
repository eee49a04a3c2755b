"""Draws sentences from a grammar of the recogniser's kind (JSGF, with or without weights)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from random import Random

_TOKEN = re.compile(r"<\w+>|/[\d.]+/|[()\[\]|]|[^\s()\[\]|<>/;=]+")
_RULE = re.compile(r"^(?:public )?<(\w+)> = (.*?) ;$", re.MULTILINE | re.DOTALL)
_SILENCE_SHARE = 0.6
"""How often what is optional is left out, as in the corpus."""
_WEIGHT_POWER = 0.5
"""Weights make rare wordings hard to hear; here they are to be learnt too, so half as strong."""

_Row = tuple[float, list[str | list["_Row"]]]


class Grammar:
    """The rules of a grammar; the first is where sentences begin."""

    def __init__(self, text: str) -> None:
        self._rules = {
            name: _choice(iter(_TOKEN.findall(body))) for name, body in _RULE.findall(text)
        }
        self._first = next(iter(self._rules))

    def draw(self, rng: Random) -> str:
        """Return one sentence."""
        words: list[str] = []
        self._walk(self._rules[self._first], rng, words)
        return " ".join(words)

    def _walk(self, rows: list[_Row], rng: Random, words: list[str]) -> None:
        ((_, parts),) = rng.choices(rows, [weight for weight, _ in rows])
        for part in parts:
            if isinstance(part, list):
                self._walk(part, rng, words)
            elif part[0] == "<":
                self._walk(self._rules[part[1:-1]], rng, words)
            else:
                words.append(part)


def _choice(tokens: Iterator[str], closing: str = "") -> list[_Row]:
    """Return the alternatives up to the closing bracket, each with its weight and its parts."""
    rows: list[_Row] = []
    weight, parts = 1.0, list[str | list[_Row]]()
    for token in tokens:
        if token == closing:
            break
        if token == "|":
            rows.append((weight, parts))
            weight, parts = 1.0, []
        elif token[0] == "/" and not parts:
            weight = float(token.strip("/")) ** _WEIGHT_POWER
        elif token == "(":
            parts.append(_choice(tokens, ")"))
        elif token == "[":
            inner = _choice(tokens, "]")
            parts.append([(_SILENCE_SHARE, []), (1 - _SILENCE_SHARE, [inner])])
        else:
            parts.append(token)
    rows.append((weight, parts))
    return rows
