"""Noise suppression by WebRTC, through livekit's audio processing module (no model, no server)."""

from __future__ import annotations

from livekit import rtc

from xtalk_edge.engines.interfaces import SpeechEnhancer
from xtalk_edge.errors import EngineError

RATE_HZ = 16_000
FRAME_BYTES = 320
"""The module works on 10 ms, and on nothing else."""


class WebRTCNoiseSuppressor(SpeechEnhancer):
    """Suppresses steady noise by some 12 dB; automatic gain stays off, it harms recognition.

    Args:
        high_pass: also remove rumble and DC below some 100 Hz.
    """

    latency_samples = 96
    """Measured: an impulse, noise and speech all come out 96 samples late."""

    def __init__(self, high_pass: bool = False) -> None:
        self._high_pass = high_pass
        self._frame = rtc.AudioFrame.create(RATE_HZ, 1, FRAME_BYTES // 2)
        self._frame_bytes = self._frame.data.cast("B")
        self.reset()

    def enhance(self, audio: bytes) -> bytes:
        """Return as many whole 10 ms as there are by now, `latency_samples` late; 16 us each.

        Raises:
            EngineError: the audio is not whole 16-bit samples.
        """
        if len(audio) % 2:
            raise EngineError("audio must be whole 16-bit samples; pass an even number of bytes")
        self._held += audio
        cleaned = bytearray()
        whole = len(self._held) - len(self._held) % FRAME_BYTES
        for start in range(0, whole, FRAME_BYTES):
            self._frame_bytes[:] = self._held[start : start + FRAME_BYTES]
            self._apm.process_stream(self._frame)
            cleaned += self._frame_bytes
        del self._held[:whole]
        return bytes(cleaned)

    def flush(self) -> bytes:
        """Return the rest, so that all output is `latency_samples` longer than all input."""
        wanted = len(self._held) + 2 * self.latency_samples
        padding = -(-wanted // FRAME_BYTES) * FRAME_BYTES - len(self._held)
        rest = self.enhance(bytes(padding))[:wanted]
        self.reset()
        return rest

    def reset(self) -> None:
        """Forget earlier audio and the noise estimate."""
        self._held = bytearray()
        self._apm = rtc.AudioProcessingModule(
            noise_suppression=True, high_pass_filter=self._high_pass
        )

    def clone(self) -> WebRTCNoiseSuppressor:
        """Return an independent suppressor with the same settings."""
        return WebRTCNoiseSuppressor(self._high_pass)
