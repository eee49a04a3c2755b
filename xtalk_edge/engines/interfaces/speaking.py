"""What makes speech of text."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from xtalk_edge.engines.interfaces.engine import Engine


@dataclass(frozen=True, slots=True)
class WordMark:
    """Where a word of the text begins in the audio."""

    text_start: int
    """Index of the word's first character in the text given to the engine."""
    text_end: int
    """Index after the word's last character."""
    at_frame: int
    """First frame of the word, at the engine's sample rate, from the start of this text."""


@dataclass(frozen=True, slots=True)
class SpeechChunk:
    """A piece of synthesised speech."""

    pcm: bytes
    """s16le mono at the engine's `sample_rate`."""
    marks: tuple[WordMark, ...] = ()
    """Words known to begin in or before this piece; empty when the engine has no timing."""


class TTS(Engine):
    """Speech synthesiser."""

    sample_rate: int = 48000
    """Hertz; X-Talk's rate when an engine does not say."""

    @abstractmethod
    def synthesize(self, text: str) -> bytes:
        """Return the whole text as speech."""

    def synthesize_stream(self, text: str, **_kwargs: Any) -> Iterable[bytes]:
        """Yield the speech in pieces as they are made."""
        yield self.synthesize(text)

    def synthesize_marked(self, text: str) -> Iterator[SpeechChunk]:
        """Yield the speech in pieces with the engine's own word timing, where it has any."""
        for pcm in self.synthesize_stream(text):
            yield SpeechChunk(pcm)

    def set_voice(self, voice_names: list[str]) -> None:
        """Choose the voice; the first name the engine knows wins.

        Raises:
            ValueError: none of the names is known.
        """
        raise ValueError(f"this voice engine has one voice only, not {', '.join(voice_names)}")

    def voices(self) -> dict[str, str]:
        """Return the names `set_voice` takes, by what an owner calls the voice; the one in use
        first. Empty when there is only this one.
        """
        return {}

    def set_speed(self, factor: float) -> bool:
        """Speak that many times as fast as configured; False from engines that cannot."""
        return False

    def set_emotion(self, emotion: str | list[float]) -> None:
        """Choose the emotion; engines without emotions ignore it."""

    @abstractmethod
    def clone(self) -> TTS:
        """Return an independent synthesiser that shares what can be shared."""
