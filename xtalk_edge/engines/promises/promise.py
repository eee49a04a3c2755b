"""One promise, and how it is found to be broken."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

Make = Callable[[], Any]
"""Returns a new engine."""


class BrokenPromiseError(Exception):
    """Says what the engine did, and what it should do instead."""


@dataclass(frozen=True, slots=True)
class Promise:
    """Something every engine of a slot does."""

    says: str
    """What, in words."""
    ask: Callable[[Make], None]
    """Raises `BrokenPromiseError` where it is not so."""


class Promises:
    """All promises of one slot, in the order in which they are asked."""

    def __init__(self) -> None:
        self._promises: list[Promise] = []

    def that(self, says: str) -> Callable[[Callable[[Make], None]], Callable[[Make], None]]:
        """Add a promise; for functions that ask it."""

        def add(ask: Callable[[Make], None]) -> Callable[[Make], None]:
            self._promises.append(Promise(says, ask))
            return ask

        return add

    def __iter__(self) -> Iterator[Promise]:
        return iter(self._promises)


def expect(condition: bool, otherwise: str) -> None:
    """Raise `BrokenPromiseError` with the sentence unless it is so."""
    if not condition:
        raise BrokenPromiseError(otherwise)


def chance(value: object, what: str) -> float:
    """Return a probability; raises `BrokenPromiseError` where it is none."""
    if not isinstance(value, int | float) or not 0.0 <= float(value) <= 1.0:
        raise BrokenPromiseError(f"{what} was {value!r}; return a number from 0 to 1")
    return float(value)
