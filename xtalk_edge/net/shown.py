"""Text from other machines, made fit to be shown and kept."""

from __future__ import annotations

MESSAGE_CHARS = 200
"""Of what a peer says about itself: a long sentence, and no log is filled with it."""


def printable(text: str, most_chars: int = MESSAGE_CHARS) -> str:
    """Return at most so many characters of a text, with a space for each that cannot be printed."""
    kept = text[:most_chars]
    return "".join(each if each.isprintable() else " " for each in kept).strip()
