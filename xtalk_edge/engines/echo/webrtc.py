"""Echo cancellation by WebRTC's AEC3, through livekit's audio processing module (no server)."""

from __future__ import annotations

from livekit import rtc

from xtalk_edge.engines.echo.frames import FRAME_SAMPLES, RATE_HZ, check
from xtalk_edge.engines.interfaces import EchoCanceller


class WebRTCEchoCanceller(EchoCanceller):
    """AEC3 with its high-pass filter; tolerates clock drift, adapts within a second.

    Args:
        high_pass: also remove rumble and DC below some 100 Hz.
    """

    frame_samples = FRAME_SAMPLES
    latency_samples = 128
    """Measured: an impulse, noise and speech all come out 128 samples late."""

    def __init__(self, high_pass: bool = True) -> None:
        self._high_pass = high_pass
        self._near = rtc.AudioFrame.create(RATE_HZ, 1, self.frame_samples)
        self._far = rtc.AudioFrame.create(RATE_HZ, 1, self.frame_samples)
        self._near_bytes = self._near.data.cast("B")
        self._far_bytes = self._far.data.cast("B")
        self.reset()

    def cancel(self, near: bytes, far: bytes) -> bytes:
        """Return the frame without echo, `latency_samples` late; costs about 45 us.

        Raises:
            EngineError: a frame is not 160 samples; the library would take it and go wrong.
        """
        check(near, far)
        self._far_bytes[:] = far
        self._apm.process_reverse_stream(self._far)
        self._near_bytes[:] = near
        self._apm.process_stream(self._near)
        return bytes(self._near_bytes)

    def reset(self) -> None:
        """Forget the echo path."""
        self._apm = rtc.AudioProcessingModule(
            echo_cancellation=True, high_pass_filter=self._high_pass
        )
