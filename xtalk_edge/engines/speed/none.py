"""No change of speed: for voices that speak at any speed by themselves."""

from __future__ import annotations

from xtalk_edge.engines.interfaces import SpeechSpeedController


class NoSpeedController(SpeechSpeedController):
    """Leaves everything as it is."""

    speeds = (1.0, 1.0)

    def process(self, audio_bytes: bytes, speed: float = 1.0) -> bytes:
        """Return the speech as it is."""
        return audio_bytes
