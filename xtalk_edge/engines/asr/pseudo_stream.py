"""Makes a recogniser of whole utterances write while somebody speaks. Pure but for the recogniser.

It hears all of an utterance again and again. Each time costs more, so the longer the utterance, the
rarer; what it wrote twice is not taken back; and what is longer than such networks take is settled
at a pause and not heard again.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable

import numpy as np

BYTES_A_S = 32_000
"""16 kHz, 16 bits."""

EVERY_S = 1.0
"""Never more often."""

GROWTH = 0.25
"""Nor before an utterance has grown by so much: hearing it again and again then costs six times the
hearing of the whole at most, however long it is."""

LONGEST_S = 28.0
"""Whisper takes 30 s and forgets the rest; others only become slow."""

PAUSE_SOUGHT_S = 6.0
"""A breath comes within such a time."""

PAUSE_S = 0.2


class PseudoStream:
    """One recogniser's utterances.

    Args:
        recognise: returns the text of a whole utterance, PCM s16le mono 16 kHz.
    """

    def __init__(self, recognise: Callable[[bytes], str]) -> None:
        self._recognise = recognise
        self.reset()

    def reset(self) -> None:
        """Forget the utterance."""
        self._held = bytearray()
        self._heard_to = 0
        """How much of that has been heard."""
        self._settled: list[str] = []
        """Words of sound that is held no more."""
        self._last: list[str] = []
        self._agreed: list[str] = []
        self._finished = False

    @property
    def text(self) -> str:
        """What is written so far."""
        return " ".join([*self._settled, *self._agreed, *self._last[len(self._agreed) :]])

    def hear(self, audio: bytes, *, is_final: bool) -> str:
        """Take the next piece; return the whole text so far.

        The final text is what the recogniser makes of the whole; sound after it begins anew.
        """
        if self._finished and audio:
            self.reset()
        self._held += audio
        while len(self._held) > LONGEST_S * BYTES_A_S:
            self._settle()
        fresh = len(self._held) - self._heard_to
        due = fresh >= BYTES_A_S * max(EVERY_S, GROWTH * self._heard_to / BYTES_A_S)
        if is_final and not self._finished:
            self._finished = True
            if fresh or not self._last:
                self._agreed, self._last = [], self._words(bytes(self._held))
            else:
                self._agreed = []
        elif due and not is_final:
            self._write(self._words(bytes(self._held)))
        return self.text

    def _words(self, audio: bytes) -> list[str]:
        self._heard_to = len(self._held)
        return self._recognise(audio).split() if audio else []

    def _write(self, words: list[str]) -> None:
        """Take what was written this time; what is the same as last time stays."""
        pairs = zip(self._last, words, strict=False)
        same = sum(1 for _ in itertools.takewhile(lambda pair: pair[0] == pair[1], pairs))
        if same > len(self._agreed) and words[: len(self._agreed)] == self._agreed:
            self._agreed = words[:same]
        self._last = words

    def _settle(self) -> None:
        """Write down what was said up to a pause, and hold only the rest."""
        cut = _quietest(bytes(self._held[: round(LONGEST_S * BYTES_A_S)]))
        self._settled += self._words(bytes(self._held[:cut]))
        del self._held[:cut]
        self._heard_to = 0
        self._last, self._agreed = [], []


def _quietest(audio: bytes) -> int:
    """Return where, towards its end, a sound is quietest: an offset in bytes, even."""
    samples = np.frombuffer(audio, "<i2").astype(np.float64)
    size = round(PAUSE_S * BYTES_A_S / 2)
    first = len(samples) - round(PAUSE_SOUGHT_S * BYTES_A_S / 2)
    count = (len(samples) - first) // size
    powers = np.square(samples[first : first + count * size]).reshape(count, size).mean(1)
    return 2 * (first + int(np.argmin(powers)) * size + size // 2)
