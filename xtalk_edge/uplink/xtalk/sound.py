"""Sound that a server sends: found out what it is, and cut to whole samples. Pure."""

from __future__ import annotations

import struct

from xtalk_edge.audio.whole_samples import WholeSamples
from xtalk_edge.errors import UplinkError
from xtalk_edge.net.json_object import json_object
from xtalk_edge.uplink.cloud import CLOUD_RATE_HZ

LEAST_RATE_HZ = 8_000
MOST_RATE_HZ = 192_000
"""Beyond what any voice is made at."""

_PCM_FORMAT = 1
_EXTENSIBLE_FORMAT = 0xFFFE
_UNKNOWN_SIZE = 2**32 - 1
_FORMAT = struct.Struct("<HHIIHH")


class SoundReader:
    """Makes samples of binary messages.

    Plain sound is s16le, mono, at `CLOUD_RATE_HZ`. Some voices send WAV files instead, at a rate of
    their own, whole or in pieces: their header is no sound.
    """

    def __init__(self) -> None:
        self._samples = WholeSamples()
        self._wav_rate_hz = 0
        self._wav_left_bytes = 0
        """How much of a WAV file is still to come."""

    def reset(self) -> None:
        """Forget what came before: something else begins."""
        self._samples = WholeSamples()
        self._wav_left_bytes = 0

    def read(self, message: bytes) -> tuple[bytes, int]:
        """Return whole samples, perhaps none, and their rate.

        Raises:
            UplinkError: it is no sound, or none that can be played.
        """
        if message.startswith(b"RIFF") and message[8:12] == b"WAVE":
            self.reset()
            message = self._open_wav(message)
        elif _is_text(message):
            raise UplinkError("the server sent a binary message where text is due")
        rate_hz = CLOUD_RATE_HZ
        if self._wav_left_bytes > 0:
            rate_hz = self._wav_rate_hz
            # What lies behind the samples of a WAV file are notes about it.
            message = message[: self._wav_left_bytes]
            self._wav_left_bytes -= len(message)
        return self._samples.of(message), rate_hz

    def _open_wav(self, message: bytes) -> bytes:
        """Return the samples behind a header."""
        at, found = 12, None
        while at + 8 <= len(message):
            name, size = message[at : at + 4], int.from_bytes(message[at + 4 : at + 8], "little")
            at += 8
            if name == b"data" and found is not None:
                # Who makes speech piece by piece does not know the size yet, and says 0.
                self._wav_rate_hz, self._wav_left_bytes = found, size or _UNKNOWN_SIZE
                return message[at:]
            if name == b"fmt " and len(message) - at >= _FORMAT.size:
                found = _rate_hz(message[at : at + _FORMAT.size])
            at += size + size % 2
        raise UplinkError("the server's voice sends WAV files without sound in them")


def _rate_hz(header: bytes) -> int:
    kind, channels, rate_hz, _, _, bits = _FORMAT.unpack(header)
    plain = kind in (_PCM_FORMAT, _EXTENSIBLE_FORMAT) and channels == 1 and bits == 16
    if not plain or not LEAST_RATE_HZ <= rate_hz <= MOST_RATE_HZ:
        raise UplinkError(
            f"the server's voice sends WAV files that cannot be played: {channels} channels, "
            f"{bits} bits, {rate_hz} Hz; it should send 16 bits, mono, {CLOUD_RATE_HZ} Hz"
        )
    return int(rate_hz)


def _is_text(message: bytes) -> bool:
    looks_so = message.startswith(b"{") and message.rstrip().endswith(b"}")
    return looks_so and json_object(message) is not None
