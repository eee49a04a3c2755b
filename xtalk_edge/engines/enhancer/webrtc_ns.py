"""Noise suppression by WebRTC, through livekit's audio processing module (no model, no server)."""

from __future__ import annotations

from xtalk_edge.engines.enhancer.hops import HopEnhancer
from xtalk_edge.engines.webrtc_module import FRAME_SAMPLES, WebRTCModule


class WebRTCNoiseSuppressor(HopEnhancer):
    """Suppresses steady noise by some 12 dB for 16 us a hop; automatic gain stays off, it harms
    recognition.

    Args:
        high_pass: also remove rumble and DC below some 100 Hz.
    """

    hop_samples = FRAME_SAMPLES
    latency_samples = 96
    """Measured: an impulse, noise and speech all come out 96 samples late."""

    def __init__(self, high_pass: bool = False) -> None:
        super().__init__()
        self._high_pass = high_pass
        self.reset()

    def _clean(self, hop: bytes) -> bytes:
        return self._module.process(hop)

    def _forget(self) -> None:
        self._module = WebRTCModule(noise_suppression=True, high_pass_filter=self._high_pass)

    def clone(self) -> WebRTCNoiseSuppressor:
        """Return an independent suppressor with the same settings."""
        return WebRTCNoiseSuppressor(self._high_pass)
