"""Text from elsewhere, made harmless for logs, terminals and voices (pure)."""

from __future__ import annotations

import unicodedata

LONGEST_LINE_CHARS = 300
"""Of what a log or a terminal shows of a peer's text: a sentence or two, never a page."""

_LINE_ENDS = ("Zl", "Zp")


def printable(text: str) -> str:
    """Return the text with a space for every character that has no shape of its own.

    These are control characters, the escapes that terminals obey, marks that turn the direction of
    writing around, invisible ones, and Unicode's ends of lines and paragraphs.
    """
    if text.isascii() and text.isprintable():
        return text
    return "".join(" " if _is_shapeless(each) else each for each in text)


def one_line(text: str, longest_chars: int = LONGEST_LINE_CHARS) -> str:
    """Return a peer's text as part of one line of a log: printable, spaces made one, cut off."""
    # What is cut off is not looked at: a peer may send megabytes of it.
    line = " ".join(printable(text[: 4 * longest_chars]).split())
    return line if len(line) <= longest_chars else f"{line[: longest_chars - 1]}…"


def _is_shapeless(character: str) -> bool:
    category = unicodedata.category(character)
    return category[0] == "C" or category in _LINE_ENDS
