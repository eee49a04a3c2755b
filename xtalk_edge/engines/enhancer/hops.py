"""What every enhancer does that works hop by hop: it takes any cut of audio and keeps count."""

from __future__ import annotations

from abc import abstractmethod

from xtalk_edge.engines.interfaces import SpeechEnhancer
from xtalk_edge.engines.pcm import check_whole_samples


class HopEnhancer(SpeechEnhancer):
    """Cuts audio into hops for `_clean`, whose output is `latency_samples` late."""

    hop_samples: int

    def __init__(self) -> None:
        self._held = bytearray()
        """Less than a hop, by and by."""

    @abstractmethod
    def _clean(self, hop: bytes) -> bytes:
        """Return the next hop of output for the next hop of input, s16le."""

    @abstractmethod
    def _forget(self) -> None:
        """Be as if nothing had been heard."""

    def enhance(self, audio: bytes) -> bytes:
        """Return as many whole hops as there are by now.

        Raises:
            EngineError: the audio is not whole 16-bit samples.
        """
        check_whole_samples(audio)
        self._held += audio
        size = 2 * self.hop_samples
        whole = len(self._held) // size * size
        cleaned = b"".join(
            self._clean(bytes(self._held[start : start + size])) for start in range(0, whole, size)
        )
        del self._held[:whole]
        return cleaned

    def flush(self) -> bytes:
        """Return the rest, so that all output is `latency_samples` longer than all input."""
        size = 2 * self.hop_samples
        wanted = len(self._held) + 2 * self.latency_samples
        padding = -(-wanted // size) * size - len(self._held)
        rest = self.enhance(bytes(padding))[:wanted]
        self.reset()
        return rest

    def reset(self) -> None:
        """Forget earlier audio."""
        self._held.clear()
        self._forget()
