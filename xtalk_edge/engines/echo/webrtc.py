"""Echo cancellation by WebRTC's AEC3, through livekit's audio processing module (no server)."""

from __future__ import annotations

from collections import deque

from xtalk_edge.engines.echo.frames import FRAME_SAMPLES, RATE_HZ, SILENCE, check
from xtalk_edge.engines.interfaces import EchoCanceller
from xtalk_edge.engines.webrtc_module import WebRTCModule

RESTS_AFTER_S = 10.0
"""The loudspeaker's silence behind which no echo can be left, and no conversation is going on."""

PRIMING_FRAMES = 5
"""What a filter is shown again of the sound before it takes over: 50 ms, twice what a high-pass of
100 Hz and AEC3's own blocks remember."""


class WebRTCEchoCanceller(EchoCanceller):
    """AEC3 with its high-pass filter; tolerates clock drift, adapts within a second.

    Without an echo AEC3 changes nothing, to the bit. So it rests while the loudspeaker has been
    silent for long, and only its high-pass goes on: for AEC3 no time passes, and what it knows of
    the room stays.
    """

    frame_samples = FRAME_SAMPLES
    latency_samples = 128
    """Measured: an impulse, noise and speech all come out 128 samples late."""

    def __init__(self) -> None:
        self._silent_frames: int
        self._before: deque[bytes] = deque(maxlen=PRIMING_FRAMES)
        """The last frames of the microphone."""
        self._delayed: bytes
        """What is still to come out of `_pass`."""
        self.reset()

    def cancel(self, near: bytes, far: bytes) -> bytes:
        """Return the frame without echo, `latency_samples` late; costs 45 to 90 us, 20 at rest.

        Raises:
            EngineError: a frame is not 160 samples; the library would take it and go wrong.
        """
        check(near, far)
        rested = self._rests
        self._silent_frames = self._silent_frames + 1 if far == SILENCE else 0
        if self._rests and not rested:
            for before in self._before:
                self._pass(before)
        elif rested and not self._rests:
            for before in self._before:
                self._suppressor.process(before, SILENCE)
        self._before.append(near)
        return self._pass(near) if self._rests else self._suppressor.process(near, far)

    @property
    def _rests(self) -> bool:
        return self._silent_frames > RESTS_AFTER_S * RATE_HZ / FRAME_SAMPLES

    def _pass(self, near: bytes) -> bytes:
        """Return what AEC3 would for want of an echo."""
        sound = self._delayed + self._filter.process(near)
        self._delayed = sound[len(near) :]
        return sound[: len(near)]

    def reset(self) -> None:
        """Forget the echo path."""
        self._suppressor = WebRTCModule(echo_cancellation=True, high_pass_filter=True)
        self._filter = WebRTCModule(high_pass_filter=True)
        self._silent_frames = 0
        self._before.clear()
        self._delayed = bytes(2 * self.latency_samples)
