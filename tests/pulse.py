"""A private sound server for tests: what is fed to its microphone, what its loudspeaker plays."""

from __future__ import annotations

import contextlib
import subprocess
import wave
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from xtalk_edge.cli.bench.pulse import RATE_HZ, PrivatePulse, missing_part

needs_pulse = pytest.mark.skipif(missing_part() is not None, reason=missing_part() or "")

MICROPHONE, LOUDSPEAKER, LOOP = "appmic", "appspk", "apploop"
"""Device names: heard from `speak`, recorded by `record`, and what the loudspeaker plays."""


@pytest.fixture
def pulse() -> Iterator[PrivatePulse]:
    """A server of this test's own."""
    with PrivatePulse() as server:
        yield server


def speak(sound: np.ndarray, folder: Path, rate_hz: int = RATE_HZ) -> None:
    """Play mono int16 into the virtual microphone; returns when it has been heard."""
    path = folder / "spoken.wav"
    with wave.open(str(path), "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(rate_hz)
        out.writeframes(sound.tobytes())
    subprocess.run(
        ["paplay", "--device=micfeed", "--latency-msec=20", str(path)], check=True, timeout=120
    )


@contextlib.contextmanager
def record(folder: Path, rate_hz: int = RATE_HZ) -> Iterator[Path]:
    """Record what the loudspeaker plays, as raw mono int16, until the block ends."""
    path = folder / "loudspeaker.raw"
    with path.open("wb") as out:
        recorder = subprocess.Popen(
            ["parec", "-d", "speaker.monitor", "--format=s16le", f"--rate={rate_hz}",
             "--channels=1", "--latency-msec=20", "--raw"],
            stdout=out,
        )  # fmt: skip
        try:
            yield path
        finally:
            recorder.terminate()
            recorder.wait(timeout=5)


@contextlib.contextmanager
def acoustic_echo(latency_ms: int = 40, volume_percent: int = 68) -> Iterator[None]:
    """Let the microphone hear the loudspeaker, 10 dB weaker, while the block runs."""
    loaded = subprocess.run(
        ["pactl", "load-module", "module-loopback", "source=speaker.monitor", "sink=micfeed",
         f"latency_msec={latency_ms}", "adjust_time=0"],
        check=True, capture_output=True, text=True,
    )  # fmt: skip
    try:
        # Nobody else feeds the microphone yet.
        [feed] = _pactl("list", "short", "sink-inputs").splitlines()
        _pactl("set-sink-input-volume", feed.split()[0], f"{volume_percent}%")
        yield
    finally:
        subprocess.run(["pactl", "unload-module", loaded.stdout.strip()], check=False)


def _pactl(*words: str) -> str:
    return subprocess.run(["pactl", *words], check=True, capture_output=True, text=True).stdout
