"""Lets a costly enhancer be left out and taken back while sound flows; no sample moves."""

from __future__ import annotations

from xtalk_edge.audio.format import RATE_HZ
from xtalk_edge.engines.interfaces import SpeechEnhancer
from xtalk_edge.engines.pcm import check_whole_samples

WARM_UP_SAMPLES = RATE_HZ // 2
"""What an enhancer hears of the past when it is taken back: by then it knows the room's noise."""

KEPT_BYTES = 2 * RATE_HZ
"""Of the input: a second, more than any enhancer holds back and is warmed up with."""


class Bypass(SpeechEnhancer):
    """Gives sound as late as the enhancer would, cleaned or as it came.

    Args:
        enhancer: whose output is late by `latency_samples`, and by less than a hop more.
    """

    def __init__(self, enhancer: SpeechEnhancer) -> None:
        self._enhancer = enhancer
        self.latency_samples = enhancer.latency_samples
        self.wanted = False
        """Whether the enhancer is to be left out, from the next piece on; any thread may say so."""
        self._left_out = False
        self._kept = bytearray()
        """The end of the input."""
        self._owed = 0
        """Samples that went in and did not come out yet, the declared latency aside."""
        self._skip = 0
        """Samples of the enhancer's output that were given already."""

    def enhance(self, audio: bytes) -> bytes:
        """Return the next piece.

        Raises:
            EngineError: the audio is not whole 16-bit samples.
        """
        check_whole_samples(audio)
        if self._left_out and not self.wanted:
            self._take_back()
        self._left_out = self.wanted
        self._kept += audio
        del self._kept[:-KEPT_BYTES]
        self._owed += len(audio) // 2
        given = self._as_it_came() if self._left_out else self._cleaned(audio)
        self._owed -= len(given) // 2
        return given

    def flush(self) -> bytes:
        """Return the rest, so that all output is `latency_samples` longer than all input."""
        if self._left_out:
            rest = self._end(self._owed + self.latency_samples)
        else:
            rest = self._enhancer.flush()[2 * self._skip :]
        self.reset()
        return rest

    def reset(self) -> None:
        """Forget earlier audio."""
        self._enhancer.reset()
        self._kept.clear()
        self._owed = self._skip = 0

    def clone(self) -> Bypass:
        """Return an independent one."""
        return Bypass(self._enhancer.clone())

    def close(self) -> None:
        """Release what the enhancer holds."""
        self._enhancer.close()

    def _cleaned(self, audio: bytes) -> bytes:
        cleaned = self._enhancer.enhance(audio)
        skipped = min(self._skip, len(cleaned) // 2)
        self._skip -= skipped
        return cleaned[2 * skipped :]

    def _as_it_came(self) -> bytes:
        """Return what is owed, as late as the enhancer would be."""
        late = self._end(self._owed + self.latency_samples)
        return late[: 2 * self._owed]

    def _end(self, samples: int) -> bytes:
        """Return the last samples of the input; zeros for what came before the first."""
        return bytes(self._kept[-2 * samples :] if samples else b"").rjust(2 * samples, b"\0")

    def _take_back(self) -> None:
        """Let the enhancer hear the past again; nothing of it is given a second time."""
        self._enhancer.reset()
        past = self._end(WARM_UP_SAMPLES + self.latency_samples)
        self._skip = len(past) // 2
        self._cleaned(past)
