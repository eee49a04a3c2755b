"""Sound files: read as mono in any format libsndfile knows, written as WAV or not at all."""

from __future__ import annotations

import contextlib
import logging
import os
import tempfile
import wave
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import BinaryIO

import numpy as np
import soundfile
from numpy.typing import NDArray

from xtalk_edge.audio.format import (
    FULL_SCALE,
    HIGHEST_RATE_HZ,
    LOWEST_RATE_HZ,
    Samples,
    Sound,
    samples_to_pcm,
    to_int16,
)
from xtalk_edge.audio.resample import Resampler
from xtalk_edge.errors import DeviceError

log = logging.getLogger(__name__)

READ_VALUES = 1 << 16
"""Read at a time, so that an hour of studio sound does not fill a small board's memory."""


def read_sound(path: Path, rate_hz: int | None = None) -> Sound:
    """Read a WAV, FLAC or Ogg file as mono int16, converted to `rate_hz` if given.

    A file cut short is read as far as it goes.

    Raises:
        DeviceError: it is missing, unreadable, no sound file, damaged, or empty.
    """
    with _open(path) as file:
        if not LOWEST_RATE_HZ <= file.samplerate <= HIGHEST_RATE_HZ:
            raise DeviceError(
                f"{path}: the file claims {file.samplerate} samples a second;"
                f" give one with {LOWEST_RATE_HZ} to {HIGHEST_RATE_HZ}"
            )
        to_hz = rate_hz or file.samplerate
        resampler = Resampler(file.samplerate, to_hz)
        frames = 0
        pieces = []
        for piece in _mono_pieces(file, path):
            frames += len(piece)
            pieces.append(resampler.process(piece))
    if frames == 0:
        raise DeviceError(f"{path}: the file holds no sound; give one that does")
    pieces.append(resampler.flush())
    start = resampler.latency_frames
    stop = start + max(1, round(frames * to_hz / file.samplerate))
    return Sound(np.concatenate(pieces)[start:stop], to_hz)


def _open(path: Path) -> soundfile.SoundFile:
    try:
        if path.is_dir():
            raise DeviceError(f"{path}: this is a folder; name a sound file in it")
        if path.exists() and not path.is_file():
            raise DeviceError(f"{path}: this is not a regular file; name a WAV file")
        descriptor = os.open(path, os.O_RDONLY)
    except FileNotFoundError as exc:
        raise DeviceError(f"{path}: there is no such file; check the name") from exc
    except (OSError, ValueError) as exc:
        reason = exc.strerror if isinstance(exc, OSError) else "the name is not a file name"
        raise DeviceError(f"{path}: cannot be read ({reason}); check the name and rights") from exc
    try:
        # By descriptor, which it closes: a name ending in .raw would make it ask for a format.
        return soundfile.SoundFile(descriptor)
    except soundfile.LibsndfileError as exc:
        raise DeviceError(
            f"{path}: not a sound file, or damaged ({_reason(exc)}); give a WAV, FLAC or Ogg file"
        ) from exc


def _mono_pieces(file: soundfile.SoundFile, path: Path) -> Iterator[Samples]:
    frames = max(1, READ_VALUES // file.channels)
    try:
        while len(block := file.read(frames, dtype="float64", always_2d=True)):
            yield _to_mono(block)
    except soundfile.LibsndfileError as exc:
        log.warning("%s: damaged, read as far as it goes (%s)", path, _reason(exc))


def _to_mono(block: NDArray[np.float64]) -> Samples:
    # Float files may hold infinities and NaN, which no integer can stand for.
    finite = np.nan_to_num(block, nan=0.0, posinf=1.0, neginf=-1.0)
    return to_int16(finite.mean(axis=1) * FULL_SCALE)


def _reason(exc: soundfile.LibsndfileError) -> str:
    return str(exc.error_string).strip().rstrip(".")


class WavWriter:
    """Writes a 16-bit WAV that appears under its name only when it is complete."""

    def __init__(self, path: Path, rate_hz: int, channels: int = 1) -> None:
        """Begin a hidden file beside `path`; raises DeviceError if that is impossible."""
        self.path = path
        self._channels = channels
        try:
            descriptor, name = tempfile.mkstemp(".part", f".{path.name}.", path.parent)
        except OSError as exc:
            raise self._failure(exc) from exc
        self._part = Path(name)
        self._file: BinaryIO = os.fdopen(descriptor, "wb")
        self._wave = wave.Wave_write(self._file)
        self._wave.setparams((channels, 2, rate_hz, 0, "NONE", ""))
        self._open = True

    def write(self, samples: Samples) -> None:
        """Append frames: (frames,) for mono, (frames, channels) otherwise; raises DeviceError."""
        try:
            self._wave.writeframesraw(samples_to_pcm(samples))
        except OSError as exc:
            self.abort()
            raise self._failure(exc) from exc

    def close(self) -> None:
        """Give the complete file its name; raises DeviceError. May be called again."""
        if not self._open:
            return
        try:
            self._wave.close()
            self._file.flush()
            os.fsync(self._file.fileno())
            self._part.chmod(0o644)
            self._part.replace(self.path)
        except OSError as exc:
            self.abort()
            raise self._failure(exc) from exc
        self._open = False
        self._file.close()

    def abort(self) -> None:
        """Leave no file; does nothing after `close`."""
        if not self._open:
            return
        self._open = False
        with contextlib.suppress(OSError):
            self._wave.close()
        with contextlib.suppress(OSError):
            self._file.close()
        self._part.unlink(missing_ok=True)

    def __enter__(self) -> WavWriter:
        return self

    def __exit__(
        self,
        error: type[BaseException] | None,
        value: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if error is None:
            self.close()
        else:
            self.abort()

    def _failure(self, exc: OSError) -> DeviceError:
        return DeviceError(
            f"{self.path}: cannot be written ({exc.strerror}); check the folder and free space"
        )


def write_wav(path: Path, samples: Samples, rate_hz: int) -> None:
    """Write (frames,) or (frames, channels) whole or not at all; raises DeviceError."""
    channels = 1 if samples.ndim == 1 else samples.shape[1]
    with WavWriter(path, rate_hz, channels) as writer:
        writer.write(samples)
