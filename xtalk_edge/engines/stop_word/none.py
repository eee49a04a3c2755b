"""No stop word spotter: "stop" is then a word for the recogniser like any other."""

from __future__ import annotations

from xtalk_edge.engines.interfaces import WakeWord
from xtalk_edge.engines.pcm import check_whole_samples


class NoStopWord(WakeWord):
    """Spots nothing."""

    phrase = "stop"

    def __init__(self, threshold: float = 0.0) -> None:
        """Take no notice of the slot's setting."""

    def detect(self, audio: bytes) -> float | None:
        """Return None; raises EngineError for half a sample."""
        check_whole_samples(audio)
        return None

    def reset(self) -> None:
        """Have nothing to forget."""
