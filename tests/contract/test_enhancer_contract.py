"""Every enhancer keeps its promises."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from tests.contract import sound
from tests.contract.enhancers import params
from xtalk_edge.engines import registry
from xtalk_edge.engines.interfaces import SpeechEnhancer

Make = Callable[[], SpeechEnhancer]


@pytest.fixture(params=registry.names("enhancer"))
def make(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Make:
    needed = params(request.param, tmp_path_factory.getbasetemp())

    def made() -> SpeechEnhancer:
        enhancer = registry.create("enhancer", request.param, needed)
        assert isinstance(enhancer, SpeechEnhancer)
        return enhancer

    return made


def clean(enhancer: SpeechEnhancer, pieces: list[bytes]) -> bytes:
    return b"".join(enhancer.enhance(piece) for piece in pieces) + enhancer.flush()


def test_output_is_longer_than_input_by_the_latency_exactly(make: Make) -> None:
    for samples in (0, 1, 159, 160, 161, 16_000, 16_001):
        enhancer = make()
        output = clean(enhancer, [sound.noise(2.0).tobytes()[: 2 * samples]])
        assert len(output) // 2 == samples + enhancer.latency_samples


def test_the_cut_of_the_input_does_not_matter(make: Make) -> None:
    audio = sound.noise(2.0).tobytes()
    whole = clean(make(), [audio])
    assert clean(make(), sound.cut_unevenly(audio)) == whole
    assert clean(make(), sound.cut(audio, 2)) == whole


@pytest.mark.parametrize("signal", ["noise", "impulse"])
def test_the_declared_latency_is_true(make: Make, signal: str) -> None:
    audio = sound.noise(2.0).tobytes()
    if signal == "impulse":
        impulse = np.zeros(16_000, dtype="<i2")
        impulse[8_000] = 20_000
        audio = impulse.tobytes()
    enhancer = make()
    assert sound.delay_samples(audio, clean(enhancer, [audio])) == enhancer.latency_samples


def test_it_never_makes_bad_input_louder(make: Make) -> None:
    for audio in sound.hard_sounds().values():
        output = clean(make(), sound.cut(audio, 320))
        assert sound.rms(output) <= sound.rms(audio) * 1.1 + 1


def test_reset_and_flush_forget(make: Make) -> None:
    audio = sound.noise(1.0).tobytes()
    enhancer = make()
    first = clean(enhancer, [audio])
    assert clean(enhancer, [audio]) == first
    enhancer.enhance(sound.noise(0.333).tobytes())
    enhancer.reset()
    assert clean(enhancer, [audio]) == first


def test_a_clone_is_independent(make: Make) -> None:
    audio = sound.noise(1.0).tobytes()
    enhancer = make()
    expected = clean(make(), [audio])
    enhancer.enhance(sound.noise(0.5).tobytes())
    other = enhancer.clone()
    assert type(other) is type(enhancer)
    assert clean(other, [audio]) == expected


def test_speech_survives(make: Make) -> None:
    speech = sound.recording("asr/LJ001-0002.wav")
    enhancer = make()
    output = clean(enhancer, [speech])[2 * enhancer.latency_samples :]
    assert sound.rms(output) > 0.7 * sound.rms(speech)
