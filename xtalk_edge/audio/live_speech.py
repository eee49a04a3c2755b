"""Speech that is played while it still comes, with words that become known on the way."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class LivePiece:
    """The next of it."""

    pcm: bytes
    """s16le, mono; perhaps none."""
    text: str
    """The words of all of it, as far as they are known; they may also become fewer."""
    heard: Callable[[], None]
    """To be called once the sound was heard."""


class LiveSpeech(Protocol):
    """Somebody else's speech, played as one clause."""

    @property
    def rate_hz(self) -> int:
        """Hertz of all sound; known once there is any."""

    @property
    def text(self) -> str:
        """The words, as far as they are known."""

    def pieces(self) -> AsyncGenerator[LivePiece, None]:
        """Yield sound and words as they come, until all was heard or no more comes; once."""
