"""Echo cancellation in two stages: Speex's filter, then WebRTC's AEC3 on what is left.

AEC3 alone takes away a talker as loud as the echo with it. Behind a filter that has learnt the
room it finds little echo to suppress, and lets the talker through. The filter needs seconds for
that, in which AEC3 does better alone: so the filter learns beside it first.
"""

from __future__ import annotations

from xtalk_edge.audio.format import SOUNDING_DB, level_db, pcm_to_samples, power
from xtalk_edge.engines.echo.frames import FRAME_SAMPLES, RATE_HZ, SILENCE
from xtalk_edge.engines.echo.speex import SpeexEchoCanceller
from xtalk_edge.engines.echo.webrtc import WebRTCEchoCanceller
from xtalk_edge.engines.interfaces import EchoCanceller

LEARNT_DB = 10.0
"""A filter that removes so much knows the room: AEC3 then has less to do with it than without."""

JUDGED_S = 1.0
"""Over what time that is measured; one loud word proves nothing."""


class CascadeEchoCanceller(EchoCanceller):
    """Speex before WebRTC, once Speex has learnt the room.

    Args:
        tail_ms: how late the last echo may come, the sound card's own delay included.

    Raises:
        ConfigError: the tail is out of range.
        EngineError: libspeexdsp is not installed.
    """

    frame_samples = FRAME_SAMPLES
    latency_samples = WebRTCEchoCanceller.latency_samples

    def __init__(self, tail_ms: int = 400) -> None:
        self._filter = SpeexEchoCanceller(tail_ms)
        self._suppressor = WebRTCEchoCanceller()
        self._lesson = _Lesson()

    def cancel(self, near: bytes, far: bytes) -> bytes:
        """Return the frame without echo, `latency_samples` late; costs about 100 us."""
        filtered = self._filter.cancel(near, far)
        if not self._lesson.learnt:
            self._lesson.judge(near, filtered, far)
        return self._suppressor.cancel(filtered if self._lesson.learnt else near, far)

    def reset(self) -> None:
        """Forget the echo path."""
        self._filter.reset()
        self._suppressor.reset()
        self._lesson = _Lesson()

    def close(self) -> None:
        """Free both."""
        self._filter.close()
        self._suppressor.close()


class _Lesson:
    """Whether the filter has learnt enough to be listened to."""

    def __init__(self) -> None:
        self.learnt = False
        self._frames = 0
        self._near = self._filtered = 0.0

    def judge(self, near: bytes, filtered: bytes, far: bytes) -> None:
        """Compare a frame before and behind the filter; silence of the loudspeaker is no test."""
        if far == SILENCE or level_db(pcm_to_samples(far)) < SOUNDING_DB:
            return
        judged_frames = JUDGED_S * RATE_HZ / FRAME_SAMPLES
        keep = 1.0 - 1.0 / judged_frames
        self._near = keep * self._near + power(pcm_to_samples(near))
        self._filtered = keep * self._filtered + power(pcm_to_samples(filtered))
        self._frames += 1
        removed = self._near > 10 ** (LEARNT_DB / 10) * self._filtered
        self.learnt = self._frames >= judged_frames and removed
