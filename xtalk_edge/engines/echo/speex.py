"""Echo cancellation by Speex's adaptive filter, from the system's libspeexdsp."""

from __future__ import annotations

import ctypes
from ctypes import POINTER, byref, c_int, c_int16, c_void_p
from functools import cache

from xtalk_edge.engines.echo.frames import FRAME_SAMPLES, RATE_HZ, SILENCE, check
from xtalk_edge.engines.interfaces import EchoCanceller
from xtalk_edge.errors import ConfigError, EngineError

LIBRARY = "libspeexdsp.so.1"
SET_SAMPLING_RATE = 24
"""SPEEX_ECHO_SET_SAMPLING_RATE in speex_echo.h."""

TAIL_RANGE_MS = (20, 1_000)


@cache
def speexdsp() -> ctypes.CDLL:
    """Return the loaded library; raises EngineError where it is not installed."""
    try:
        library = ctypes.CDLL(LIBRARY)
    except OSError as error:
        raise EngineError(
            f"echo: speex needs {LIBRARY}, which is not installed: "
            "sudo apt-get install libspeexdsp1"
        ) from error
    frame = POINTER(c_int16)
    library.speex_echo_state_init.restype = c_void_p
    library.speex_echo_state_init.argtypes = [c_int, c_int]
    library.speex_echo_state_destroy.argtypes = [c_void_p]
    library.speex_echo_state_reset.argtypes = [c_void_p]
    library.speex_echo_ctl.argtypes = [c_void_p, c_int, c_void_p]
    library.speex_echo_cancellation.argtypes = [c_void_p, frame, frame, frame]
    return library


class SpeexEchoCanceller(EchoCanceller):
    """A linear filter only: talkers come through untouched, but it learns for 5 to 10 s.

    Args:
        tail_ms: how late the last echo may come, the sound card's own delay included.

    Raises:
        ConfigError: the tail is out of range.
        EngineError: libspeexdsp is not installed.
    """

    frame_samples = FRAME_SAMPLES

    def __init__(self, tail_ms: int = 400) -> None:
        least, most = TAIL_RANGE_MS
        if not least <= tail_ms <= most:
            raise ConfigError(f"echo.tail_ms: must be from {least} to {most}, got {tail_ms}")
        self._library = speexdsp()
        state = self._library.speex_echo_state_init(FRAME_SAMPLES, tail_ms * RATE_HZ // 1000)
        if not state:
            raise EngineError("echo: speex found no memory for its filter; choose less tail_ms")
        self._state: int | None = state
        self._tail_frames = tail_ms * RATE_HZ // 1000 // FRAME_SAMPLES
        self._silent_frames = 0
        """Since anything was played."""
        self._library.speex_echo_ctl(state, SET_SAMPLING_RATE, byref(c_int(RATE_HZ)))
        self._near = (c_int16 * FRAME_SAMPLES)()
        self._far = (c_int16 * FRAME_SAMPLES)()
        self._clean = (c_int16 * FRAME_SAMPLES)()

    def cancel(self, near: bytes, far: bytes) -> bytes:
        """Return the frame without echo, without delay; costs about 60 us while there can be any.

        Raises:
            EngineError: a frame is not 160 samples.
        """
        check(near, far)
        self._silent_frames = self._silent_frames + 1 if far == SILENCE else 0
        if self._silent_frames > self._tail_frames:
            # The filter has nothing left to hear of the loudspeaker, and nothing to learn.
            return near
        memoryview(self._near).cast("B")[:] = near
        memoryview(self._far).cast("B")[:] = far
        self._library.speex_echo_cancellation(self._state, self._near, self._far, self._clean)
        return bytes(self._clean)

    def reset(self) -> None:
        """Forget the echo path."""
        self._library.speex_echo_state_reset(self._state)

    def close(self) -> None:
        """Free the filter."""
        state, self._state = self._state, None
        if state is not None:
            self._library.speex_echo_state_destroy(state)
