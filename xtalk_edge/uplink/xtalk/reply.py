"""The reply a server is giving: its words, its sound, and when it is over. Pure.

Nothing a server says marks the end of the sound for certain. Early servers tell that speech was
made never, or many times, or before its last piece; so an end is also known by silence.
"""

from __future__ import annotations

import itertools
from collections import deque
from dataclasses import dataclass, field

QUIET_S = 0.8
"""No sound for so long, and the words are complete: it is over."""
QUIET_AFTER_FINISHED_S = 0.4
"""The same where the last that came was that speech was made."""
FIRST_SOUND_S = 3.0
"""After the last word of a reply without any sound: a slow voice makes whole sentences first."""
STALLED_S = 15.0
"""Silence in the middle of a reply: agents that look something up say nothing meanwhile."""
MOST_FORGOTTEN = 8
"""Replies whose late messages are known for what they are."""


@dataclass(slots=True)
class Reply:
    """One reply."""

    number: int
    """Among those of the session."""
    last_s: float
    """When the last of it came."""
    recites: bool = False
    """Whether it speaks a text that it was given, so that no words come."""
    is_complete: bool = False
    """Whether no more words come."""
    response_id: str = ""
    turn_id: int | None = None
    text: str = ""
    unplayed: int = 0
    """Pieces of sound that were not acknowledged."""
    nameless: list[int | None] = field(default_factory=list)
    """Numbers of those that were acknowledged before the reply's id was known."""
    played_ms: float = 0.0
    """Length of those that were."""
    has_sound: bool = False
    is_over: bool = False
    """Whether all of its sound came and was heard."""
    is_stalled: bool = False
    """Whether its words were given up."""
    is_acknowledged: bool = False
    """Whether the server was told that it was heard to its end."""
    _is_finished: bool = False
    """Whether that speech was made came after the last sound."""
    _drained_s: float = 0.0
    """When it would have been heard if it was played as it came."""

    def grow(self, text: str, now_s: float) -> str:
        """Take the words from the beginning; return what is new.

        What was said stays said: a server that thinks better of it is followed from there on.
        """
        self.last_s = now_s
        if self.text.startswith(text):
            # Nothing new, twice the same, or late.
            return ""
        at = len(self.text)
        if not text.startswith(self.text):
            at = _word_end(text, at)
        self.text = text
        return text[at:]

    def sound(self, n_bytes: int, rate_hz: int, now_s: float) -> None:
        """Take a piece of sound."""
        self._drained_s = max(self._drained_s, now_s) + _length_s(n_bytes, rate_hz)
        self.last_s = now_s
        self.has_sound = True
        self.unplayed += 1
        self._is_finished = self.is_over = False

    def played(self, n_bytes: int, rate_hz: int, now_s: float) -> None:
        """Take that a piece of sound was heard."""
        self.unplayed = max(0, self.unplayed - 1)
        self.played_ms += 1000 * _length_s(n_bytes, rate_hz)
        self.last_s = now_s

    def finished(self, now_s: float) -> None:
        """Take that speech was made."""
        self._is_finished = True
        self.last_s = now_s

    def ends_at_s(self, *, is_late: bool) -> float | None:
        """Return when no more sound will come if none comes before; None while that is open.

        `is_late` servers tell once, and truly, that all speech was made, and may owe the last words
        even then.
        """
        if self.is_over or self.unplayed:
            return None
        if self._is_finished and is_late:
            return self.last_s
        if not self.is_complete:
            return None
        if not self.has_sound:
            return None if self.recites else self.last_s + FIRST_SOUND_S
        if self._is_finished:
            return self.last_s + QUIET_AFTER_FINISHED_S
        return max(self.last_s + QUIET_S, self._drained_s)

    def stalls_at_s(self) -> float | None:
        """Return when words are missing that should have come; None while none are due."""
        has_begun = self.has_sound or bool(self.text)
        if self.is_complete or self.is_stalled or self.unplayed or not has_begun:
            return None
        return max(self.last_s, self._drained_s) + STALLED_S


class Replies:
    """Tells the reply that is being given from those before it, whose messages may come late."""

    def __init__(self) -> None:
        self.now: Reply | None = None
        self._turn_id = -1
        """The agent's count at the last reply that is no more."""
        self._numbers = itertools.count(1)
        self._gone: deque[str] = deque(maxlen=MOST_FORGOTTEN)

    def begin(self, now_s: float, *, recites: bool = False) -> Reply:
        """Return a new reply; the one before is no more."""
        self.end()
        self.now = Reply(next(self._numbers), now_s, recites, is_complete=recites)
        return self.now

    def end(self) -> None:
        """Have no reply any more."""
        if self.now is None:
            return
        if self.now.response_id:
            self._gone.append(self.now.response_id)
        if self.now.turn_id is not None:
            self._turn_id = self.now.turn_id
        self.now = None

    def of(self, response_id: str, turn_id: int | None, now_s: float) -> Reply | None:
        """Return the reply that a message belongs to, a new one if need be; None if it is late."""
        if response_id in self._gone or (turn_id is not None and turn_id <= self._turn_id):
            return None
        reply = self.now
        if reply is None or (response_id and reply.response_id not in ("", response_id)):
            reply = self.begin(now_s)
        if turn_id is not None and reply.turn_id is not None:
            if turn_id < reply.turn_id:
                return None
            if turn_id > reply.turn_id:
                reply = self.begin(now_s)
        reply.response_id = reply.response_id or response_id
        reply.turn_id = reply.turn_id if turn_id is None else turn_id
        return reply


def _word_end(text: str, at: int) -> int:
    """Return where the word ends that is cut at a place; scripts without spaces have no words."""
    while 0 < at < len(text) and _is_letter(text[at - 1]) and _is_letter(text[at]):
        at += 1
    return at


def _is_letter(char: str) -> bool:
    return char.isalnum() and char.isascii()


def _length_s(n_bytes: int, rate_hz: int) -> float:
    return n_bytes / 2 / rate_hz
