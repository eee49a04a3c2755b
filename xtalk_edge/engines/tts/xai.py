"""xAI's streaming voice: text goes to their servers, and is heard as soon as its first sound comes.

Tags in a text, as [pause], [laugh] or <whisper>...</whisper>, go there as they are.
"""

from __future__ import annotations

import contextlib
import copy
from collections.abc import Iterable, Iterator
from typing import Any

from xtalk_edge.engines.interfaces import TTS, SpeechChunk
from xtalk_edge.engines.loop_thread import LoopThread
from xtalk_edge.engines.tts.pieces import chunks, pieces, speakable_text
from xtalk_edge.engines.tts.xai_speaking import BEGIN_S, XAISpeaking
from xtalk_edge.engines.xai.access import KEY, access_of
from xtalk_edge.engines.xai.speech import RATES_HZ, VOICES, query
from xtalk_edge.errors import ConfigError

URL = "wss://api.x.ai/v1/tts"

PART_CHARACTERS = 1_000
"""Of one message. Texts are cut at blanks only, so that a tag stays whole."""

LEAST_AGE_S, MOST_AGE_S = 60.0, 3_600.0

_MARGIN_S = 2.0
"""The loop's own deadlines come first; this is for a machine that is busy."""


class XAITTS(TTS):
    """A voice that is elsewhere.

    Args:
        url: where it is.
        key: where the key is kept: "env:NAME", "file:PATH" or "credential:NAME".
        voice: "eve", "ara", "rex", "sal" or "leo".
        language: what it speaks, as "en", "fr" or "pt-BR"; "auto" lets it find out.
        sample_rate: 8000, 16000, 22050, 24000, 44100 or 48000.
        optimize_streaming_latency: 1 begins earlier and sounds a little worse; 0 does not.
        text_normalization: whether figures and signs are written out before they are spoken.
        max_connection_age_s: a connection is renewed before it is as old, 60 to 3600.
        allow_plain: whether ws:// may lead out of this machine: anybody on the way can listen.
        ca_file: certificates of authorities that are believed in place of the system's.
        pinned_sha256: SHA-256 of the public key that the server must have; "" is any with a valid
            certificate.

    Raises:
        ConfigError: a setting is out of range, or there is no key.
    """

    thread_only = "what leaves the device is counted where the device itself runs"

    def __init__(
        self,
        url: str = URL,
        key: str = KEY,
        voice: str = VOICES[0],
        language: str = "en",
        sample_rate: int = 24_000,
        optimize_streaming_latency: int = 0,
        text_normalization: bool = False,
        max_connection_age_s: float = 300.0,
        allow_plain: bool = False,
        ca_file: str = "",
        pinned_sha256: str = "",
    ) -> None:
        known = _known(voice)
        if known is None:
            raise ConfigError(f"tts.voice: must be one of {', '.join(VOICES)}, got {voice!r}")
        if sample_rate not in RATES_HZ:
            rates = ", ".join(map(str, RATES_HZ))
            raise ConfigError(f"tts.sample_rate: must be one of {rates}, got {sample_rate}")
        if optimize_streaming_latency not in (0, 1):
            raise ConfigError(
                f"tts.optimize_streaming_latency: must be 0 or 1, got {optimize_streaming_latency}"
            )
        if not LEAST_AGE_S <= max_connection_age_s <= MOST_AGE_S:
            raise ConfigError(
                f"tts.max_connection_age_s: must be from {LEAST_AGE_S:g} to {MOST_AGE_S:g}, got "
                f"{max_connection_age_s}"
            )
        if not language:
            raise ConfigError('tts.language: xAI wants one, as "en"; "auto" lets it find out')
        self._access = access_of(
            "tts", url, key,
            allow_plain=allow_plain, ca_file=ca_file, pinned_sha256=pinned_sha256,
        )  # fmt: skip
        self.sample_rate = sample_rate
        self._most_age_s = max_connection_age_s
        self._query = query(
            known, language, sample_rate, optimize_streaming_latency, text_normalization
        )
        self._begin()

    def _begin(self) -> None:
        """Have nothing under way."""
        self._loop = LoopThread("xai voice")
        self._speaking = XAISpeaking(self._access, self._loop.tasks, self._most_age_s)
        self.prewarm()

    def prewarm(self) -> None:
        """Have a connection ready for the next text; returns at once, and fails in silence."""
        self._loop.soon(self._speaking.warm, self._query)

    def synthesize(self, text: str) -> bytes:
        """Return the whole text as speech; b"" when nothing in it can be spoken."""
        return b"".join(self.synthesize_stream(text))

    def synthesize_stream(self, text: str, **_kwargs: Any) -> Iterable[bytes]:
        """Yield the speech in pieces of 60 ms at most, as they come. Raises as `speech`."""
        for chunk in self.synthesize_marked(text):
            yield chunk.pcm

    def synthesize_marked(self, text: str) -> Iterator[SpeechChunk]:
        """Yield the same; the service does not tell where words begin."""
        speakable = speakable_text(text)
        parts = [speakable[start:end] for start, end in pieces(speakable, PART_CHARACTERS)]
        if not parts:
            return
        speech = self._speaking.speech(parts, dict(self._query), self.sample_rate)
        with contextlib.closing(self._loop.iterate(speech, BEGIN_S + _MARGIN_S)) as sound:
            for pcm in sound:
                yield from chunks(pcm, [], 0, self.sample_rate)

    def set_voice(self, voice_names: list[str]) -> None:
        """Choose the voice; the first of xAI's wins.

        Raises:
            ValueError: none of the names is known.
        """
        for name in voice_names:
            known = _known(name)
            if known is not None:
                self._query = self._query | {"voice": known}
                self.prewarm()
                return
        raise ValueError(f"xAI has none of these voices: {', '.join(voice_names)}")

    def voices(self) -> dict[str, str]:
        """Return xAI's voices, the one in use first."""
        used = self._query["voice"]
        return {name.capitalize(): name for name in sorted(VOICES, key=lambda each: each != used)}

    def clone(self) -> XAITTS:
        """Return another voice with the same settings, and a connection of its own."""
        other = copy.copy(self)
        other._begin()
        return other

    def close(self) -> None:
        """Stop speaking, and say goodbye."""
        self._loop.close()


def _known(voice: str) -> str | None:
    return voice.lower() if voice.lower() in VOICES else None
