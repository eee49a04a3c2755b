"""Somebody who talks without a pause, of whose words it is known when each one ends."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate

import numpy as np

from xtalk_edge.audio.format import RATE_HZ, Samples, pcm_to_samples
from xtalk_edge.audio.resample import convert
from xtalk_edge.engines.tts.espeak import EspeakTTS
from xtalk_edge.scenes.sounds import SILENCE
from xtalk_edge.turn.phrases import WRITTEN_WORD, spoken_words
from xtalk_edge.turn.realign import reaches


@dataclass(frozen=True, slots=True)
class Talk:
    """A few sentences in one breath."""

    sound: Samples
    """At 16 kHz."""
    words: tuple[str, ...]
    ends_s: tuple[float, ...]
    """Where each word ends in the sound."""

    def said_by_s(self, understood: str) -> float:
        """Return where the last word ends of a beginning, however it was understood."""
        letters = "".join(self.words)
        to = reaches("".join(spoken_words(understood)), letters)
        ends = accumulate(map(len, self.words))
        word = next((number for number, end in enumerate(ends) if end >= to), len(self.words) - 1)
        return self.ends_s[word]


def talk_of(sentences: Sequence[str], voice: EspeakTTS) -> Talk:
    """Return a talk of sentences whose words are letters only."""
    sounds: list[Samples] = []
    words: list[str] = []
    ends_s: list[float] = []
    over_s = 0.0
    for sentence in sentences:
        sound, marks_s = _spoken(sentence, voice)
        for found in WRITTEN_WORD.finditer(sentence):
            words.append("".join(spoken_words(found[0])))
            # espeak-ng takes some words together; theirs is the end of the last.
            later_s = [at_s for start, at_s in marks_s if start >= found.end()]
            ends_s.append(over_s + min(later_s, default=len(sound) / RATE_HZ))
        sounds.append(sound)
        over_s += len(sound) / RATE_HZ
    return Talk(np.concatenate(sounds), tuple(words), tuple(ends_s))


def _spoken(sentence: str, voice: EspeakTTS) -> tuple[Samples, list[tuple[int, float]]]:
    """Return a sentence without the silence around it, and where in text and sound words begin."""
    chunks = list(voice.synthesize_marked(sentence))
    sound = pcm_to_samples(b"".join(chunk.pcm for chunk in chunks))
    loud = np.flatnonzero(np.abs(sound.astype(np.int32)) > SILENCE)
    first, last = int(loud[0]), int(loud[-1]) + 1
    marks_s = [
        (mark.text_start, max(0, mark.at_frame - first) / voice.sample_rate)
        for chunk in chunks
        for mark in chunk.marks
    ]
    return convert(sound[first:last], voice.sample_rate, RATE_HZ), marks_s
