"""Noise suppression by WebRTC, through livekit's audio processing module (no model, no server)."""

from __future__ import annotations

from livekit import rtc

from xtalk_edge.audio.format import RATE_HZ
from xtalk_edge.engines.enhancer.hops import HopEnhancer


class WebRTCNoiseSuppressor(HopEnhancer):
    """Suppresses steady noise by some 12 dB for 16 us a hop; automatic gain stays off, it harms
    recognition.

    Args:
        high_pass: also remove rumble and DC below some 100 Hz.
    """

    hop_samples = 160
    """The module works on 10 ms, and on nothing else."""
    latency_samples = 96
    """Measured: an impulse, noise and speech all come out 96 samples late."""

    def __init__(self, high_pass: bool = False) -> None:
        super().__init__()
        self._high_pass = high_pass
        self._frame = rtc.AudioFrame.create(RATE_HZ, 1, self.hop_samples)
        self._frame_bytes = self._frame.data.cast("B")
        self.reset()

    def _clean(self, hop: bytes) -> bytes:
        self._frame_bytes[:] = hop
        self._apm.process_stream(self._frame)
        return bytes(self._frame_bytes)

    def _forget(self) -> None:
        self._apm = rtc.AudioProcessingModule(
            noise_suppression=True, high_pass_filter=self._high_pass
        )

    def clone(self) -> WebRTCNoiseSuppressor:
        """Return an independent suppressor with the same settings."""
        return WebRTCNoiseSuppressor(self._high_pass)
