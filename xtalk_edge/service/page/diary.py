"""What happened, a line an event (pure)."""

from __future__ import annotations

import dataclasses
import itertools
from collections import deque
from typing import Any

from xtalk_edge.events import Event, TTSChunkGenerated
from xtalk_edge.service.page.plain import in_words, plain, text

MOST_LINES = 250
"""Some ten turns; a page that stays open keeps more of them by itself."""

LONGEST_CHARS = 240
"""Of what an event says."""

_OWN = "xtalk_edge.events."
"""Where events are that are known. What others carry, nobody here can judge."""

_HIDDEN = frozenset({"at_s", "turn_id", "config"})
"""Shown elsewhere; and settings of engines, among which there may be a key."""


class Diary:
    """The last events, numbered."""

    def __init__(self) -> None:
        self._numbers = itertools.count(1)
        self._lines: deque[dict[str, Any]] = deque(maxlen=MOST_LINES)
        self._shown = 0
        """Number of the last line that was given away as new."""

    def take(self, event: Event) -> None:
        """Write an event down."""
        if isinstance(event, TTSChunkGenerated) and event.chunk_index > 1:
            # There are dozens, and only the first tells anything.
            return
        kind = type(event)
        is_known = kind.__module__.startswith(_OWN)
        self._lines.append(
            {
                "n": next(self._numbers),
                "at": round(event.at_s, 3),
                "turn": plain(event.turn_id) if isinstance(event.turn_id, int) else 0,
                "name": text(kind.__name__, 60),
                "group": kind.__module__.removeprefix(_OWN) if is_known else "own",
                "text": _told(event) if is_known else "",
            }
        )

    def all(self) -> list[dict[str, Any]]:
        """Return every line that is left, the oldest first."""
        return list(self._lines)

    def news(self) -> list[dict[str, Any]]:
        """Return the lines since the last call, as far as they are left."""
        new = [line for line in self._lines if line["n"] > self._shown]
        if new:
            self._shown = new[-1]["n"]
        return new


def _told(event: Event) -> str:
    parts = []
    for field in dataclasses.fields(event):
        if field.name not in _HIDDEN:
            value = in_words(plain(getattr(event, field.name)))
            parts += [f"{field.name} {value}"] if value else []
    return text(", ".join(parts), LONGEST_CHARS)
