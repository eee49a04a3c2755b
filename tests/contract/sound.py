"""Sound for tests: what engines are asked with, or human recordings where the checkout has them."""

from __future__ import annotations

import json
import wave
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from xtalk_edge.audio.format import RATE_HZ
from xtalk_edge.engines.promises import sounds
from xtalk_edge.engines.promises.sounds import (
    cut,
    cut_unevenly,
    delay_samples,
    hard_sounds,
    rms,
    silence,
)

AUDIO = Path(__file__).parents[2].parent / "shared/audio"

Samples = npt.NDArray[np.int16]

__all__ = [
    "RATE_HZ", "catalogue", "cut", "cut_unevenly", "delay_samples", "hard_sounds", "noise",
    "recording", "rms", "silence",
]  # fmt: skip


def noise(seconds: float, level: float = 2_000.0) -> Samples:
    return np.frombuffer(sounds.noise(seconds, level), "<i2")


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
