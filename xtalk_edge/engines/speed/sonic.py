"""Faster and slower speech by Sonic, from the system's libsonic: made for voices.

Sonic leaves out whole periods of the voice, or says them twice. It holds back up to two of the
longest, 31 ms, before anything comes out.
"""

from __future__ import annotations

import ctypes
from ctypes import c_char_p, c_float, c_int, c_void_p
from functools import cache

import numpy as np

from xtalk_edge.audio.format import pcm_to_samples, samples_to_pcm, to_int16
from xtalk_edge.engines.interfaces import SpeechSpeedController
from xtalk_edge.engines.pcm import check_whole_samples
from xtalk_edge.errors import EngineError

LIBRARY = "libsonic.so.0"

X_TALK_RATE_HZ = 48_000
"""Of speech that comes without `begin`."""

FADE_MS = 5
"""Over which a clause ends whose last few milliseconds are too many; a bare cut would click."""


@cache
def sonic() -> ctypes.CDLL:
    """Return the loaded library; raises EngineError where it is not installed."""
    try:
        library = ctypes.CDLL(LIBRARY)
    except OSError as error:
        raise EngineError(
            f"speed: sonic needs {LIBRARY}, which is not installed: sudo apt-get install libsonic0"
        ) from error
    library.sonicCreateStream.restype = c_void_p
    library.sonicCreateStream.argtypes = [c_int, c_int]
    library.sonicDestroyStream.argtypes = [c_void_p]
    library.sonicSetSpeed.argtypes = [c_void_p, c_float]
    library.sonicWriteShortToStream.argtypes = [c_void_p, c_char_p, c_int]
    library.sonicReadShortFromStream.argtypes = [c_void_p, c_char_p, c_int]
    library.sonicSamplesAvailable.argtypes = [c_void_p]
    library.sonicFlushStream.argtypes = [c_void_p]
    return library


class SonicSpeedController(SpeechSpeedController):
    """Half as fast to twice as fast; a clause comes out exactly as long as it should.

    Raises:
        EngineError: libsonic is not installed.
    """

    speeds = (0.5, 2.0)

    def __init__(self) -> None:
        self._library = sonic()
        self._stream: int | None = None
        self._rate_hz = X_TALK_RATE_HZ
        self._owed = 0.0
        """Frames that should come out of all that was taken."""
        self._given = 0

    def begin(self, rate_hz: int) -> None:
        """Forget what came before; the speech that follows has this rate."""
        self._free()
        self._rate_hz = rate_hz

    def process(self, audio_bytes: bytes, speed: float = 1.0) -> bytes:
        """Return the next piece, of which up to 31 ms are held back; costs about 0.2 % of its time.

        Raises:
            EngineError: a sample is cut in half, or libsonic found no memory.
        """
        check_whole_samples(audio_bytes)
        low, high = self.speeds
        speed = min(high, max(low, speed))
        frames = len(audio_bytes) // 2
        stream = self._opened()
        self._library.sonicSetSpeed(stream, speed)
        if not self._library.sonicWriteShortToStream(stream, audio_bytes, frames):
            raise EngineError("speed: sonic found no memory; end other programs")
        self._owed += frames / speed
        # Sonic runs ahead now and then, and what was given cannot be taken back.
        return self._read(int(self._owed) - self._given)

    def flush(self) -> bytes:
        """Return what was held back, and as much as is missing for the clause's right length.

        Periods are whole samples and lengths are not, so that Sonic is off by some hundred samples
        in ten seconds.
        """
        if self._stream is None:
            return b""
        wanted = max(0, round(self._owed) - self._given)
        self._library.sonicFlushStream(self._stream)
        rest = self._read(self._library.sonicSamplesAvailable(self._stream))
        if 2 * wanted < len(rest):
            rest = _faded(rest[: 2 * wanted], self._rate_hz * FADE_MS // 1000)
        self._free()
        return rest.ljust(2 * wanted, b"\0")

    def close(self) -> None:
        """Free the stream."""
        self._free()

    def _opened(self) -> int:
        if self._stream is None:
            stream = self._library.sonicCreateStream(self._rate_hz, 1)
            if not stream:
                raise EngineError("speed: sonic found no memory; end other programs")
            self._stream, self._owed, self._given = stream, 0.0, 0
        return self._stream

    def _read(self, most_frames: int) -> bytes:
        frames = max(0, min(most_frames, self._library.sonicSamplesAvailable(self._stream)))
        buffer = ctypes.create_string_buffer(2 * frames)
        self._library.sonicReadShortFromStream(self._stream, buffer, frames)
        self._given += frames
        return buffer.raw

    def _free(self) -> None:
        stream, self._stream = self._stream, None
        if stream is not None:
            self._library.sonicDestroyStream(stream)


def _faded(pcm: bytes, frames: int) -> bytes:
    """Return speech that dies away over its last frames."""
    samples = pcm_to_samples(pcm)
    frames = min(frames, len(samples))
    gain = np.ones(len(samples))
    gain[len(samples) - frames :] = np.linspace(1.0, 0.0, frames)
    return samples_to_pcm(to_int16(samples * gain))
