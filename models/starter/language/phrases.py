"""The phrase language of the starter files: `a (b|c) [d] <wording> {slot}`; no I/O.

A phrase is parsed once into a small tree; `pick` walks it at random, `to_jsgf` writes it out.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from random import Random

TOKEN = re.compile(r"[()\[\]|]|<[a-z_]+>|\{[a-z_]+\}|!|[^\s()\[\]|<>{}!]+")


class PhraseError(ValueError):
    """A phrase is not written in the phrase language."""


@dataclass(frozen=True, slots=True)
class Word:
    """A word said as it is written."""

    text: str


@dataclass(frozen=True, slots=True)
class Slot:
    """A place for a value."""

    name: str


@dataclass(frozen=True, slots=True)
class Row:
    """Parts said one after the other."""

    parts: tuple[Part, ...]


@dataclass(frozen=True, slots=True)
class Choice:
    """One of several rows; `optional` adds silence to them."""

    rows: tuple[Row, ...]
    optional: bool = False


Part = Word | Slot | Row | Choice


@dataclass(frozen=True, slots=True)
class Phrase:
    """A parsed line; `order` tells that "please" or "can you" may come first."""

    body: Choice
    order: bool


def parse(text: str, wording: Mapping[str, str]) -> Phrase:
    """Return the tree of one phrase.

    Raises:
        PhraseError: an unknown wording, or a bracket without its partner.
    """
    tokens = TOKEN.findall(text)
    order = bool(tokens) and tokens[0] == "!"
    reader = _Reader(tokens[order:], wording, text)
    body = reader.choice(closing="")
    return Phrase(body, order)


class _Reader:
    """Recursive descent over one phrase's tokens."""

    def __init__(self, tokens: list[str], wording: Mapping[str, str], source: str) -> None:
        self.tokens = tokens
        self.wording = wording
        self.source = source
        self.at = 0

    def choice(self, closing: str, optional: bool = False) -> Choice:
        rows: list[Row] = []
        parts: list[Part] = []
        while self.at < len(self.tokens):
            token = self.tokens[self.at]
            self.at += 1
            if token == "|":
                rows.append(Row(tuple(parts)))
                parts = []
            elif token == closing:
                return Choice((*rows, Row(tuple(parts))), optional)
            else:
                parts.append(self.part(token))
        if closing:
            raise PhraseError(f"{self.source!r}: a {closing!r} is missing")
        return Choice((*rows, Row(tuple(parts))), optional)

    def part(self, token: str) -> Part:
        if token == "(":
            return self.choice(")")
        if token == "[":
            return self.choice("]", optional=True)
        if token[0] == "{":
            return Slot(token[1:-1])
        if token[0] == "<":
            if token[1:-1] not in self.wording:
                raise PhraseError(f"{self.source!r}: no wording named {token}")
            return parse(self.wording[token[1:-1]], self.wording).body
        if token in ")]":
            raise PhraseError(f"{self.source!r}: {token!r} closes nothing")
        return Word(token)


def pick(part: Part, rng: Random, fill: Callable[[str], str]) -> str:
    """Return one wording of part, chosen by rng; `fill` makes the text of a slot."""
    if isinstance(part, Word):
        return part.text
    if isinstance(part, Slot):
        return fill(part.name)
    if isinstance(part, Choice):
        if part.optional and rng.random() < 0.6:
            return ""
        part = part.rows[int(rng.random() * len(part.rows))]
    words = " ".join(filter(None, (pick(p, rng, fill) for p in part.parts)))
    return words.replace(" 's", "'s")


def to_jsgf(part: Part, slots: Callable[[str], str]) -> str:
    """Return part as the right-hand side of a JSGF rule; `slots` names a slot's rule."""
    if isinstance(part, Word):
        return part.text
    if isinstance(part, Slot):
        return slots(part.name)
    if isinstance(part, Row):
        return " ".join(to_jsgf(p, slots) for p in part.parts)
    inner = " | ".join(to_jsgf(row, slots) for row in part.rows)
    if part.optional:
        return f"[ {inner} ]"
    return f"( {inner} )" if len(part.rows) > 1 else inner
