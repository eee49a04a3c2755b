"""Values as a page may be shown them: small, printable, and of no other kind (pure)."""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping
from typing import Any

from xtalk_edge.net.printable import printable

LONGEST_CHARS = 400
"""Of one text: a long answer."""

MOST_ITEMS = 40
"""Of one list or table: more timers than anybody sets."""

MOST_VALUES = 600
"""Of everything in a value together, lists in lists and all."""

DEEPEST = 5
"""Lists in lists: what the page shows has four."""

LARGEST = 2**53
"""JavaScript has no larger whole numbers."""


def plain(value: Any) -> Any:
    """Return a value for JSON, cut to size; None in place of what is not shown: sound, objects."""
    return _Cutter().cut(value, DEEPEST)


def text(value: str, longest_chars: int = LONGEST_CHARS) -> str:
    """Return a text that is printable and not too long."""
    shown = printable(value[: longest_chars + 1])
    return shown if len(shown) <= longest_chars else f"{shown[: longest_chars - 1]}…"


def in_words(value: Any) -> str:
    """Return what `plain` gave as one line: name and value, one after another."""
    match value:
        case None | "":
            return ""
        case bool():
            return "yes" if value else "no"
        case str():
            return f"“{value}”"
        case dict():
            return ", ".join(f"{key} {in_words(each)}" for key, each in value.items())
        case list():
            return "; ".join(in_words(each) for each in value)
        case _:
            return str(value)


class _Cutter:
    """Copies a value until so much was copied."""

    def __init__(self) -> None:
        self._left = MOST_VALUES

    def cut(self, value: Any, deep: int) -> Any:
        self._left -= 1
        match value:
            case None | bool():
                return value
            case int():
                return max(-LARGEST, min(LARGEST, int(value)))
            case float():
                return round(value, 3) if math.isfinite(value) else None
            case str():
                return text(value)
            case Mapping() if deep:
                named = ((key, each) for key, each in value.items() if isinstance(key, str))
                return {text(key): self.cut(each, deep - 1) for key, each in self._some(named)}
            case list() | tuple() if deep:
                return [self.cut(each, deep - 1) for each in self._some(value)]
        return None

    def _some(self, items: Any) -> Any:
        return itertools.takewhile(lambda _: self._left > 0, itertools.islice(items, MOST_ITEMS))
