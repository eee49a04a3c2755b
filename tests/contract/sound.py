"""Sound for the contract tests: made here, or human recordings where the checkout has them."""

from __future__ import annotations

import json
import wave
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

RATE_HZ = 16_000
AUDIO = Path(__file__).parents[2].parent / "shared/audio"

Samples = npt.NDArray[np.int16]


def silence(seconds: float) -> bytes:
    return bytes(2 * round(seconds * RATE_HZ))


def noise(seconds: float, level: float = 2_000.0) -> Samples:
    generator = np.random.default_rng(7)
    return np.clip(generator.normal(0, level, round(seconds * RATE_HZ)), -32768, 32767).astype(
        "<i2"
    )


def hard_sounds() -> dict[str, bytes]:
    """What microphones really deliver on bad days, one second each."""
    square = np.where(np.arange(RATE_HZ) // 40 % 2, 32767, -32768).astype("<i2")
    click = np.zeros(RATE_HZ, dtype="<i2")
    click[RATE_HZ // 2] = -32768
    return {
        "silence": silence(1.0),
        "offset": np.full(RATE_HZ, 12_000, dtype="<i2").tobytes(),
        "noise": noise(1.0).tobytes(),
        "clipping": square.tobytes(),
        "click": click.tobytes(),
        "least": np.full(RATE_HZ, -32768, dtype="<i2").tobytes(),
    }


def recording(name: str) -> bytes:
    """Return a human recording as PCM at 16 kHz; skip the test where there is none."""
    path = AUDIO / name
    if not path.is_file():
        pytest.skip(f"needs the human recording shared/audio/{name} beside the checkout")
    with wave.open(str(path)) as file:
        assert file.getframerate() == RATE_HZ
        return bytes(file.readframes(file.getnframes()))


def catalogue() -> list[dict[str, Any]]:
    """Return what is known of each recording; skip the test where there are none."""
    path = AUDIO / "manifest.jsonl"
    if not path.is_file():
        pytest.skip("needs the human recordings of shared/audio beside the checkout")
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def cut(audio: bytes, size: int) -> list[bytes]:
    """Cut audio into whole pieces of `size` bytes; the rest is dropped."""
    return [audio[i : i + size] for i in range(0, len(audio) - size + 1, size)]


def cut_unevenly(audio: bytes) -> list[bytes]:
    """Cut audio at sample borders into pieces from nothing to 100 ms."""
    generator = np.random.default_rng(11)
    pieces, at = [b""], 0
    while at < len(audio):
        size = 2 * int(generator.integers(0, 1_600))
        pieces.append(audio[at : at + size])
        at += size
    return pieces


def rms(audio: bytes) -> float:
    samples = np.frombuffer(audio, "<i2").astype(np.float64)
    return float(np.sqrt(np.mean(samples**2))) if len(samples) else 0.0


def delay_samples(before: bytes, after: bytes) -> int:
    """Return by how many samples `after` is late, from the phase of both."""
    size = 1 << (max(len(before), len(after)) // 2).bit_length()
    x = np.fft.rfft(np.frombuffer(before, "<i2").astype(np.float64), size)
    y = np.fft.rfft(np.frombuffer(after, "<i2").astype(np.float64), size)
    cross = y * np.conj(x)
    return int(np.argmax(np.abs(np.fft.irfft(cross / (np.abs(cross) + 1e-9))[:2_000])))
