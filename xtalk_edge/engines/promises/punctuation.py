"""What everything promises that adds marks to text."""

from __future__ import annotations

import contextlib

from xtalk_edge.engines.promises.promise import Make, Promises, expect

PROMISES = Promises()

TEXTS = (
    *("", " ", "hello", "WHAT TIME IS IT", "turn on the light then close the door"),
    *("it's half past nine", "你好吗", "okay 你好", "naïve café", "a" * 500, "one two " * 300),
)
"""What recognisers write on good days and on bad ones."""


@PROMISES.that("every text comes back as text, and none as nothing")
def text(make: Make) -> None:
    """Pass them all."""
    with contextlib.closing(make()) as restorer:
        for given in TEXTS:
            found = restorer.restore(given)
            expect(isinstance(found, str), f"{given[:20]!r} came back as {type(found).__name__}")
            expect(bool(found.strip()) == bool(given.strip()), f"{given[:20]!r} came back empty")


@PROMISES.that("the same text is marked in the same way each time")
def repeatable(make: Make) -> None:
    """Pass them twice: an answer that was prepared is for the text as it was marked then."""
    with contextlib.closing(make()) as restorer:
        first, second = ([restorer.restore(given) for given in TEXTS] for _ in range(2))
        expect(first == second, "the same text was marked in two ways")
