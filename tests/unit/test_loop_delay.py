"""The delay from the loudspeaker to the microphone is found in what is played anyway."""

from __future__ import annotations

import numpy as np
import pytest

from xtalk_edge.audio.format import RATE_HZ, Samples, to_int16
from xtalk_edge.audio.loop_delay import FAR_SAMPLES, NEAR_SAMPLES, LoopDelay
from xtalk_edge.audio.resample import DriftResampler
from xtalk_edge.audio.room_acoustics import convolve, room_response
from xtalk_edge.engines.tts.espeak import EspeakTTS
from xtalk_edge.scenes.sounds import spoken

SECONDS = 40


@pytest.fixture(scope="module")
def voice() -> Samples:
    said = spoken("You can ask me to set a timer, to tell the time or a joke.", EspeakTTS())
    return np.resize(said, SECONDS * RATE_HZ)


def found(far: Samples, near: Samples) -> LoopDelay:
    loop = LoopDelay()
    for start in range(0, len(far) - NEAR_SAMPLES, FAR_SAMPLES):
        loop.observe(far[start : start + FAR_SAMPLES], near[start : start + NEAR_SAMPLES],
                     start / RATE_HZ)  # fmt: skip
    return loop


def in_a_room(far: Samples, delay_s: float, echo_db: float = -10.0) -> Samples:
    echo = convolve(far.astype(np.float64), room_response(0.3, RATE_HZ, 1)) * 10 ** (echo_db / 20)
    late = np.concatenate((np.zeros(round(delay_s * RATE_HZ)), echo))[: len(far)]
    return to_int16(late + np.random.default_rng(1).normal(0, 20, len(far)))


@pytest.mark.parametrize("delay_s", [0.0, 0.032, 0.08, 0.3])
def test_the_delay_is_found_to_a_millisecond(voice: Samples, delay_s: float) -> None:
    far = voice[: 6 * RATE_HZ]
    assert found(far, in_a_room(far, delay_s)).delay_s == pytest.approx(delay_s, abs=1e-3)


def test_without_an_echo_nothing_is_found(voice: Samples) -> None:
    noise = np.random.default_rng(2).normal(0, 300, 6 * RATE_HZ).astype(np.int16)
    assert found(voice[: 6 * RATE_HZ], noise).delay_s is None
    assert LoopDelay().drift_ppm is None


def test_the_device_itself_is_not_found_in_somebody_else(voice: Samples) -> None:
    other = spoken("And then she told me that they had walked along the river until it was dark.",
                   EspeakTTS(voice="en-gb+f3"))  # fmt: skip
    near = np.resize(other, 6 * RATE_HZ)
    assert found(voice[: 6 * RATE_HZ], near).delay_s is None


@pytest.mark.parametrize("drift_ppm", [-100.0, 0.0, 60.0, 200.0])
@pytest.mark.slow
def test_the_drift_of_the_two_clocks_is_found(voice: Samples, drift_ppm: float) -> None:
    late = in_a_room(voice, 0.1)
    drifting = DriftResampler(drift_ppm).process(late) if drift_ppm else late
    near = np.resize(drifting, len(voice))
    assert found(voice, near).drift_ppm == pytest.approx(drift_ppm, abs=12)
