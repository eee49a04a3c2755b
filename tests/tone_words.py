"""A voice whose every word is a tone of its own, and an ear that tells which of them sounded.

The ear knows only the recording and the vocabulary: what it says owes nothing to the ledger.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from xtalk_edge.audio.format import RATE_HZ, Samples
from xtalk_edge.engines.interfaces import TTS, SpeechChunk, WordMark

_WORDS = """
    a river of silver water comes down from mountains where nobody lives and every evening seven
    old fishermen sit beside it talking about weather boats children extraordinary journeys bread
    money those two strange lights now appeared over Constantinople last winter before spring
"""

VOCABULARY = _WORDS.split()
"""Short words and long ones, each once."""

LOWEST_HZ = 400
SPACING_HZ = 150
"""Three bins of `WINDOW`: a Hann window does not see the neighbours at all."""

WINDOW = 320
HOP = 80
AMPLITUDE = 8000
AUDIBLE = 0.08
"""Of the amplitude: half of what ducking by 15 dB leaves."""

GAP_S = 0.03


def frequency_hz(word: str) -> float:
    """Return the word's tone."""
    return LOWEST_HZ + SPACING_HZ * VOCABULARY.index(word)


def tone_s(word: str) -> float:
    """Return how long the word's tone lasts: by its letters, give or take a third."""
    luck = zlib.crc32(word.encode()) % 1000 / 1000
    return (0.08 + 0.055 * len(word)) * (0.7 + 0.6 * luck)


class ToneWordsTTS(TTS):
    """Speaks words of `VOCABULARY` as tones, with or without word marks."""

    sample_rate = 22050

    def __init__(self, marks: bool = True) -> None:
        self._marks = marks

    def synthesize(self, text: str) -> bytes:
        return b"".join(chunk.pcm for chunk in self.synthesize_marked(text))

    def synthesize_marked(self, text: str) -> Iterator[SpeechChunk]:
        at_frame = 0
        for found in re.finditer(r"\w+", text):
            mark = WordMark(found.start(), found.end(), at_frame)
            at = np.arange(round(tone_s(found[0]) * self.sample_rate)) / self.sample_rate
            tone = AMPLITUDE * np.sin(2 * np.pi * frequency_hz(found[0]) * at)
            gap = np.zeros(round(GAP_S * self.sample_rate))
            pcm = np.concatenate((tone, gap)).astype("<i2")
            at_frame += len(pcm)
            yield SpeechChunk(pcm.tobytes(), (mark,) if self._marks else ())

    def clone(self) -> ToneWordsTTS:
        return ToneWordsTTS(self._marks)


def words_audible(recording: Samples, words: Sequence[str]) -> int:
    """Return how many of `words` were audible, up to the last whose tone lasted half its time."""
    heard_s = [float(sounding.sum()) * HOP / RATE_HZ for sounding in _sounding(recording, words)]
    halves = [
        index
        for index, (word, seconds) in enumerate(zip(words, heard_s, strict=True), start=1)
        if seconds >= tone_s(word) / 2
    ]
    return max(halves, default=0)


def order_audible(recording: Samples, words: Sequence[str]) -> list[str]:
    """Return the words that sounded for half their time, by when they began."""
    begun = {
        word: int(np.argmax(sounding))
        for word, sounding in zip(words, _sounding(recording, words), strict=True)
        if sounding.sum() * HOP / RATE_HZ >= tone_s(word) / 2
    }
    return sorted(begun, key=lambda word: begun[word])


def _sounding(recording: Samples, words: Sequence[str]) -> NDArray[np.bool_]:
    """Return for each word and each `HOP` whether its tone is there."""
    padded = np.pad(recording, (WINDOW // 2, WINDOW)).astype(np.float64)
    frames = np.lib.stride_tricks.sliding_window_view(padded, WINDOW)[: len(recording) : HOP]
    window = np.hanning(WINDOW + 1)[:-1]
    amplitudes = np.abs(np.fft.rfft(frames * window)) / (window.sum() / 2)
    bins = [round(frequency_hz(word) * WINDOW / RATE_HZ) for word in words]
    return np.asarray(amplitudes[:, bins].T > AUDIBLE * AMPLITUDE)
