"""WebRTC's audio processing module as livekit brings it (no server): 10 ms frames, nothing else."""

from __future__ import annotations

from livekit import rtc

from xtalk_edge.audio.format import RATE_HZ

FRAME_SAMPLES = RATE_HZ // 100
"""The library takes frames of another size as well, and goes wrong."""


class WebRTCModule:
    """One module, and the frames it works on.

    Args:
        parts: what it does, by livekit's names: `echo_cancellation`, `noise_suppression`,
            `high_pass_filter`.
    """

    def __init__(self, **parts: bool) -> None:
        self._module = rtc.AudioProcessingModule(**parts)
        self._near = rtc.AudioFrame.create(RATE_HZ, 1, FRAME_SAMPLES)
        self._far = rtc.AudioFrame.create(RATE_HZ, 1, FRAME_SAMPLES)
        self._near_bytes = self._near.data.cast("B")
        self._far_bytes = self._far.data.cast("B")

    def process(self, near: bytes, far: bytes | None = None) -> bytes:
        """Return what becomes of the microphone's frame.

        Args:
            near: the frame, int16.
            far: the loudspeaker's, where there is an echo to cancel.
        """
        if far is not None:
            self._far_bytes[:] = far
            self._module.process_reverse_stream(self._far)
        self._near_bytes[:] = near
        self._module.process_stream(self._near)
        return bytes(self._near_bytes)
