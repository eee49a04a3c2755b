"""What makes speech of text."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import AsyncGenerator, Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Protocol

from xtalk_edge.engines.interfaces.engine import Engine

EMOTIONS = (
    "happy", "angry", "sad", "fear", "disgust", "depressed", "surprised", "calm", "normal",
)  # fmt: skip
"""X-Talk's names, which engines with emotions take unless they say otherwise."""


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
    rate_hz: int = 0
    """Hertz of `pcm`, where it is another than the engine's; the same in a whole text. Else 0."""


class Speaking(Protocol):
    """What says one clause after another."""

    @property
    def sample_rate(self) -> int:
        """Hertz of what is spoken, unless a piece says otherwise."""

    def speech_of(self, text: str) -> AsyncGenerator[SpeechChunk, None]:
        """Yield the speech of a clause in pieces; raises as the engine."""


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

    def emotions(self) -> list[str]:
        """Return the names `set_emotion` takes; none of engines without emotions."""
        return list(EMOTIONS) if type(self).set_emotion is not TTS.set_emotion else []

    @abstractmethod
    def clone(self) -> TTS:
        """Return an independent synthesiser that shares what can be shared."""


class SpeechSpeedController(Engine):
    """Makes speech faster or slower and leaves its pitch alone."""

    speeds: tuple[float, float] = (0.5, 1.5)
    """Slowest and fastest, times the usual; X-Talk's when an engine does not say. Twice the same of
    an engine that changes nothing."""
    least_s: float = 0.0
    """Seconds of speech it wants at a time at least; where it forgets what came before."""

    @abstractmethod
    def process(self, audio_bytes: bytes, speed: float = 1.0) -> bytes:
        """Return the next piece of speech that many times as fast, s16le mono.

        What it needs to know more about is held back until the next piece, or `flush`.
        """

    def begin(self, rate_hz: int) -> None:
        """Forget what came before; the speech that follows has this rate. Before each clause."""

    def flush(self) -> bytes:
        """Return what was held back: the clause is over."""
        return b""
