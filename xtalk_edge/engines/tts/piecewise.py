"""What voices have in common whose network makes all of a text at once.

Long texts are made clause by clause, so that the first is heard while the rest is made.
"""

from __future__ import annotations

import copy
from abc import abstractmethod
from collections.abc import Iterable, Iterator
from typing import Self

from xtalk_edge.engines.interfaces import TTS, SpeechChunk, WordMark
from xtalk_edge.engines.tts.manner import Manner
from xtalk_edge.engines.tts.pieces import chunks, pause_after, pieces, speakable_text

PIECE_CHARACTERS = 120
"""Some 7 s of speech: half a second of work on a Raspberry Pi 5, and what a network must hold in
memory at a time."""


class PiecewiseTTS(TTS):
    """A voice that is asked for a clause at a time; clones share its network."""

    def __init__(self, manner: Manner, rate_hz: int) -> None:
        self._manner = manner
        self.sample_rate = rate_hz

    @abstractmethod
    def _piece(
        self, text: str, start: int, end: int, at_frame: int
    ) -> tuple[bytes, list[WordMark]]:
        """Return the speech of a part of the text, and where words begin if that is known.

        Args:
            text: all of it.
            start: index of the part's first character.
            end: index behind its last.
            at_frame: where its speech begins.
        """

    def synthesize(self, text: str) -> bytes:
        """Return the whole text as speech; b"" when nothing in it can be spoken."""
        return b"".join(chunk.pcm for chunk in self.synthesize_marked(text))

    def synthesize_stream(self, text: str, **_kwargs: object) -> Iterable[bytes]:
        """Yield the speech in pieces of 60 ms, each clause as soon as it is made."""
        for chunk in self.synthesize_marked(text):
            yield chunk.pcm

    def synthesize_marked(self, text: str) -> Iterator[SpeechChunk]:
        """Yield the same, with the words that begin in each where the voice tells."""
        # Two brackets would begin phonemes in espeak-ng's own alphabet.
        speakable = speakable_text(text).replace("[[", "  ")
        done_frames = 0
        for start, end in pieces(speakable, PIECE_CHARACTERS):
            pcm, marks = self._piece(speakable, start, end, done_frames)
            if pcm:
                pcm += pause_after(speakable[start:end], self.sample_rate)
                yield from chunks(pcm, marks, done_frames, self.sample_rate)
                done_frames += len(pcm) // 2

    def set_voice(self, voice_names: list[str]) -> None:
        """Choose the speaker; the first name or number the voice has wins.

        Raises:
            ValueError: it has none of them.
        """
        self._manner.choose(voice_names)

    def voices(self) -> dict[str, str]:
        """Return the speakers, the one in use first; none where there is only one."""
        return self._manner.names()

    def set_speed(self, factor: float) -> bool:
        """Speak that many times as fast as configured, as far as voices go."""
        self._manner.hurry(factor)
        return True

    def clone(self) -> Self:
        """Return another voice with the same settings and network."""
        other = copy.copy(self)
        other._manner = copy.copy(self._manner)
        return other
