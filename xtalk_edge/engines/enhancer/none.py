"""No enhancement: for a quiet room, or a recogniser that prefers untouched sound."""

from __future__ import annotations

from xtalk_edge.engines.interfaces import SpeechEnhancer


class NoEnhancer(SpeechEnhancer):
    """Gives the sound back unchanged, without delay."""

    def enhance(self, audio: bytes) -> bytes:
        """Return `audio`."""
        return audio

    def reset(self) -> None:
        """Have nothing to forget."""

    def clone(self) -> NoEnhancer:
        """Return another one."""
        return NoEnhancer()
