"""Sounds to ask engines with, as PCM s16le at 16 kHz."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from xtalk_edge.audio.format import RATE_HZ

LOUDEST = 32_767
_LATEST_SAMPLES = 2_000


def silence(seconds: float) -> bytes:
    """Return silence."""
    return bytes(2 * round(seconds * RATE_HZ))


def noise(seconds: float, level: float = 2_000.0) -> bytes:
    """Return white noise, the same each time; `level` is its standard deviation in int16 steps."""
    generator = np.random.default_rng(7)
    made = generator.normal(0.0, level, round(seconds * RATE_HZ))
    return _pcm(np.clip(made, -LOUDEST - 1, LOUDEST))


def impulse(seconds: float) -> bytes:
    """Return silence with one sample in its middle that is not silent."""
    made = np.zeros(round(seconds * RATE_HZ))
    made[len(made) // 2] = 20_000
    return _pcm(made)


def hard_sounds() -> dict[str, bytes]:
    """Return what microphones really deliver on bad days, one second each."""
    square = np.where(np.arange(RATE_HZ) // 40 % 2, LOUDEST, -LOUDEST - 1)
    click = np.zeros(RATE_HZ)
    click[RATE_HZ // 2] = -LOUDEST - 1
    return {
        "silence": silence(1.0),
        "offset": _pcm(np.full(RATE_HZ, 12_000.0)),
        "noise": noise(1.0),
        "clipping": _pcm(square),
        "click": _pcm(click),
        "least": _pcm(np.full(RATE_HZ, -LOUDEST - 1.0)),
    }


def cut(audio: bytes, size: int) -> list[bytes]:
    """Cut audio into whole pieces of `size` bytes; the rest is dropped."""
    return [audio[i : i + size] for i in range(0, len(audio) - size + 1, size)]


def cut_unevenly(audio: bytes) -> list[bytes]:
    """Cut audio at sample borders into pieces from nothing to 100 ms."""
    generator = np.random.default_rng(11)
    pieces, at = [b""], 0
    while at < len(audio):
        size = 2 * int(generator.integers(0, RATE_HZ // 10))
        pieces.append(audio[at : at + size])
        at += size
    return pieces


def rms(audio: bytes) -> float:
    """Return the level of a sound in int16 steps."""
    samples = np.frombuffer(audio, "<i2").astype(np.float64)
    return float(np.sqrt(np.mean(samples**2))) if len(samples) else 0.0


def delay_samples(before: bytes, after: bytes) -> int:
    """Return by how many samples `after` is late, from the phase of both."""
    size = 1 << (max(len(before), len(after)) // 2).bit_length()
    x = np.fft.rfft(np.frombuffer(before, "<i2").astype(np.float64), size)
    y = np.fft.rfft(np.frombuffer(after, "<i2").astype(np.float64), size)
    cross = y * np.conj(x)
    likeness = np.abs(np.fft.irfft(cross / (np.abs(cross) + 1e-9)))
    return int(np.argmax(likeness[:_LATEST_SAMPLES]))


def _pcm(samples: NDArray[np.float64] | NDArray[np.int64]) -> bytes:
    return samples.astype("<i2").tobytes()
