"""No echo cancellation: for headphones, or a microphone that cancels echo itself."""

from __future__ import annotations

from xtalk_edge.engines.interfaces import EchoCanceller


class NoEchoCanceller(EchoCanceller):
    """Gives the microphone's frame back unchanged."""

    def cancel(self, near: bytes, far: bytes) -> bytes:
        """Return `near`."""
        return near

    def reset(self) -> None:
        """Have nothing to forget."""
