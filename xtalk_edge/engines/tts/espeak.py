"""Speech by espeak-ng: robotic, intelligible, a thousand times faster than real time.

The always-there voice. Long texts are made piece by piece, so that stopping takes effect at once.
The same text differs by a few milliseconds each time it is spoken; a new process speaking the
same texts in the same order repeats them exactly.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any

from xtalk_edge.engines.interfaces import TTS, SpeechChunk, WordMark
from xtalk_edge.engines.tts.espeak_library import EspeakStyle, espeak_library
from xtalk_edge.engines.tts.pieces import WORD, chunks, pause_after, pieces, speakable_text
from xtalk_edge.errors import ConfigError

PIECE_CHARACTERS = 240
"""Some 15 s of speech: 15 ms of work here, under 100 ms on a Raspberry Pi 4."""

SLOWEST_WPM, FASTEST_WPM = 80, 450
"""What espeak-ng can do."""

ACCENTS = {"American": "en-us", "British": "en-gb", "Scottish": "en-gb-scotland"}
WOMAN = "+f3"
"""The variant that sounds least like a squeezed man's voice."""


class EspeakTTS(TTS):
    """One voice of espeak-ng; any number may exist, they share the library.

    Args:
        voice: a language or voice name, with a variant after "+" if wanted ("en-us", "en-gb+f3").
        speed_wpm: words per minute, 80 to 450.
        pitch: 0 to 99.
        volume: percent of the usual loudness, 0 to 200; above 100 it may clip.

    Raises:
        ConfigError: a setting is out of range or the voice is unknown.
    """

    def __init__(
        self, voice: str = "en-us", speed_wpm: int = 165, pitch: int = 50, volume: int = 100
    ) -> None:
        for name, value, low, high in (
            ("speed_wpm", speed_wpm, SLOWEST_WPM, FASTEST_WPM),
            ("pitch", pitch, 0, 99),
            ("volume", volume, 0, 200),
        ):
            if not low <= value <= high:
                raise ConfigError(f"tts.{name}: must be from {low} to {high}, got {value}")
        self._library = espeak_library()
        self.sample_rate = self._library.sample_rate
        known = self._library.voice_named(voice)
        if known is None:
            raise ConfigError(
                f"tts.voice: espeak-ng has no voice {voice!r}; choose a language such as "
                "en-us, en-gb or de, if you like with a variant such as +f3"
            )
        self._style = EspeakStyle(known, speed_wpm, pitch, volume)
        self._usual_wpm = speed_wpm

    def synthesize(self, text: str) -> bytes:
        """Return the whole text as speech; b"" when nothing in it can be spoken."""
        return b"".join(chunk.pcm for chunk in self.synthesize_marked(text))

    def synthesize_stream(self, text: str, **_kwargs: Any) -> Iterable[bytes]:
        """Yield the speech in pieces of 60 ms."""
        for chunk in self.synthesize_marked(text):
            yield chunk.pcm

    def synthesize_marked(self, text: str) -> Iterator[SpeechChunk]:
        """Yield the speech in pieces of 60 ms with the words that begin in each."""
        speakable = speakable_text(text)
        done_frames = 0
        for start, end in pieces(speakable, PIECE_CHARACTERS):
            pcm, marks = self._piece(speakable, start, end, done_frames)
            done_frames += len(pcm) // 2
            yield from chunks(pcm, marks, done_frames - len(pcm) // 2, self.sample_rate)

    def _piece(
        self, text: str, start: int, end: int, at_frame: int
    ) -> tuple[bytes, list[WordMark]]:
        piece = text[start:end]
        pcm, begun = self._library.speak(piece, self._style)
        marks = [
            WordMark(start + first, start + last, at_frame + frame)
            for first, last, frame in _word_frames(piece, begun)
        ]
        return pcm + pause_after(piece, self.sample_rate), marks

    def set_voice(self, voice_names: list[str]) -> None:
        """Choose the voice; the first name espeak-ng knows wins.

        Raises:
            ValueError: none of the names is known.
        """
        for name in voice_names:
            known = self._library.voice_named(name)
            if known is not None:
                self._style = replace(self._style, voice=known)
                return
        raise ValueError(f"espeak-ng has none of these voices: {', '.join(voice_names)}")

    def voices(self) -> dict[str, str]:
        """Return a man and a woman of each accent, or of a language that is not English."""
        used = self._style.voice
        base = used.partition("+")[0]
        english = [self._library.voice_named(name) for name in ACCENTS.values()]
        accents = ACCENTS if base in english else {"": base}
        found = {
            f"{accent} {who}".strip(): f"{self._library.voice_named(name)}{variant}"
            for accent, name in accents.items()
            for who, variant in (("man", ""), ("woman", WOMAN))
        }
        first = {name: voice for name, voice in found.items() if voice == used} or {"usual": used}
        return first | found

    def set_speed(self, factor: float) -> bool:
        """Speak that many times as fast as configured, as far as espeak-ng goes."""
        wanted_wpm = round(self._usual_wpm * factor)
        speed_wpm = min(FASTEST_WPM, max(SLOWEST_WPM, wanted_wpm))
        self._style = replace(self._style, speed_wpm=speed_wpm)
        return True

    def clone(self) -> EspeakTTS:
        """Return another voice with the same settings."""
        style = self._style
        copy = EspeakTTS(style.voice, self._usual_wpm, style.pitch, style.volume)
        copy._style = style
        return copy


def _word_frames(text: str, begun: list[tuple[int, int]]) -> Iterator[tuple[int, int, int]]:
    """Yield (start, end, frame) of each word at its first event.

    espeak reports numbers and signs as several words, some with positions that go back; only the
    first event at or after a word not yet begun counts.
    """
    words = [match.span() for match in WORD.finditer(text)]
    following = 0
    for position, frame in begun:
        for index in range(following, len(words)):
            start, end = words[index]
            if position < start:
                break
            if position < end:
                yield start, end, frame
                following = index + 1
                break
