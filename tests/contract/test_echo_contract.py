"""Every echo canceller keeps its promises."""

from __future__ import annotations

import numpy as np
import pytest

from tests.contract import sound
from xtalk_edge.engines import registry
from xtalk_edge.engines.interfaces import EchoCanceller

pytestmark = pytest.mark.parametrize("name", registry.names("echo"))


def make(name: str) -> EchoCanceller:
    canceller = registry.create("echo", name, {})
    assert isinstance(canceller, EchoCanceller)
    return canceller


def run(canceller: EchoCanceller, near: bytes, far: bytes | None = None) -> bytes:
    size = 2 * canceller.frame_samples
    far_frames = sound.cut(far if far is not None else bytes(len(near)), size)
    pairs = zip(sound.cut(near, size), far_frames, strict=True)
    return b"".join(canceller.cancel(near_frame, far_frame) for near_frame, far_frame in pairs)


@pytest.mark.parametrize("signal", ["noise", "impulse"])
def test_the_declared_latency_is_true(name: str, signal: str) -> None:
    audio = sound.noise(2.0).tobytes()
    if signal == "impulse":
        impulse = np.zeros(16_000, dtype="<i2")
        impulse[8_000] = 20_000
        audio = impulse.tobytes()
    canceller = make(name)
    assert sound.delay_samples(audio, run(canceller, audio)) == canceller.latency_samples


def test_a_frame_gives_a_frame_whatever_is_in_it(name: str) -> None:
    canceller = make(name)
    for near in sound.hard_sounds().values():
        for far in sound.hard_sounds().values():
            assert len(run(canceller, near, far)) == len(near)


def test_reset_forgets(name: str) -> None:
    near, far = sound.noise(1.0).tobytes(), sound.noise(1.0)[::-1].tobytes()
    canceller = make(name)
    first = run(canceller, near, far)
    canceller.reset()
    assert run(canceller, near, far) == first


def test_with_a_silent_loudspeaker_the_talker_stays(name: str) -> None:
    speech = sound.recording("asr/LJ001-0002.wav")
    speech = speech[: len(speech) // 320 * 320]
    assert sound.rms(run(make(name), speech)) > 0.7 * sound.rms(speech)
