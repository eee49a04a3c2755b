"""Changing one's mind in the middle of a sentence: "five no ten minutes"; no I/O."""

from __future__ import annotations

from random import Random

CORRECTIONS = (
    "no", "no no", "no wait", "sorry", "i mean", "no i mean", "actually", "wait", "or rather",
    "no make that", "no sorry", "uh no", "um no", "make that", "wait no", "no make it", "oh no",
    "er", "sorry i meant", "i meant", "no actually", "hang on", "or actually", "uh sorry",
    "scratch that", "not that",
)  # fmt: skip


def corrected(wrong: str, right: str, rng: Random) -> str:
    """Return both as somebody says them who means the second."""
    return f"{wrong} {rng.choice(CORRECTIONS)} {right}"
