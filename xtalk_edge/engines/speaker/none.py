"""No speaker recognition: everybody is treated alike."""

from __future__ import annotations

from xtalk_edge.engines.interfaces import SpeakerEncoder


class NoSpeakerEncoder(SpeakerEncoder):
    """Knows nobody."""

    def extract(self, audio: bytes) -> None:
        """Return None."""
        return
