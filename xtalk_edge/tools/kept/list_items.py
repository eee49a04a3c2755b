"""From what is said to what goes on a list: "milk and eggs" are two items (pure, English)."""

from __future__ import annotations

import re

PAIRS = (
    "mac and cheese", "macaroni and cheese", "half and half", "fish and chips", "rum and coke",
    "peanut butter and jelly", "salt and vinegar", "cookies and cream", "pork and beans",
    "sweet and sour", "gin and tonic", "bangers and mash", "franks and beans", "ham and cheese",
    "black and white", "arm and hammer", "head and shoulders", "ben and jerry's",
    "johnson and johnson", "m and m's", "m and ms", "bits and pieces", "odds and ends",
    "black and decker", "surf and turf",
)  # fmt: skip
"""What is one thing, although it is called two."""

_JOINED = re.compile(r"\s+and\s+", re.I)
# Longest first, so that a pair is not read as a shorter one and a rest.
_PAIR = re.compile(
    rf"\b(?:{'|'.join(re.escape(pair) for pair in sorted(PAIRS, key=len, reverse=True))})\b", re.I
)
_SEPARATOR = re.compile(r"[,;]|\s+(?:and|plus|as well as)\s+(?:also\s+)?", re.I)
_JOINT = "\x00"
"""Stands for the "and" of a pair while the rest is split; speech has no such character."""


def split_items(said: str) -> list[str]:
    """Return the items that were named, in order, without empty ones."""
    plain = " ".join(said.replace(_JOINT, " ").split())
    kept = _PAIR.sub(lambda pair: _JOINED.sub(f" {_JOINT} ", pair[0]), plain)
    # A comma before "and" leaves the "and" at the start of the last item.
    parts = (re.sub(r"^\s*and\s+", "", part, flags=re.I) for part in _SEPARATOR.split(kept))
    items = (" ".join(part.replace(_JOINT, "and").split()) for part in parts)
    return [item for item in items if item]
