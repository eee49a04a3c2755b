"""Notices that an utterance begins with the very sound of the one before. Pure.

A recogniser is asked at each pause, and hears all of it once more when speech goes on. Where that
costs money, time and secrecy, what is known already is not heard again.
"""

from __future__ import annotations


class Repetition:
    """Holds sound back for as long as it is the same as before."""

    def __init__(self) -> None:
        self._known = b""
        self._known_text = ""
        self._at: int | None = None
        """Up to where the utterance is the same as the one before; None once it is another."""

    @property
    def _is_known(self) -> bool:
        """Whether all of the one before came again."""
        return self._at == len(self._known)

    @property
    def text(self) -> str:
        """What is known of this utterance: the text of its beginning, or ""."""
        return self._known_text if self._is_known else ""

    @property
    def sound(self) -> bytes:
        """The sound that `text` is of."""
        return self._known if self._is_known else b""

    def learn(self, sound: bytes, text: str) -> None:
        """Remember an utterance; the next one may begin with it."""
        self._known, self._known_text, self._at = sound, text, None

    def begin(self) -> None:
        """Let another utterance begin."""
        self._at = 0 if self._known else None

    def unknown(self, sound: bytes) -> bytes:
        """Take the next piece of the utterance; return what of it has to be heard now."""
        if self._at is None or self._is_known:
            return sound
        same = min(len(sound), len(self._known) - self._at)
        if sound[:same] != self._known[self._at : self._at + same]:
            return self.held_back() + sound
        self._at += same
        return sound[same:]

    def held_back(self) -> bytes:
        """Return what has to be heard after all, as the utterance ends or is another one."""
        if self._at is None or self._is_known:
            return b""
        held, self._at = self._known[: self._at], None
        return held
