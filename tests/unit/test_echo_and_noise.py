"""What echo cancellers and the noise suppressor refuse, and that they really work."""

from __future__ import annotations

import numpy as np
import pytest

from tests.contract.sound import Samples, cut, noise, rms
from xtalk_edge.engines import registry
from xtalk_edge.engines.echo import speex, webrtc
from xtalk_edge.engines.echo.cascade import CascadeEchoCanceller
from xtalk_edge.engines.echo.speex import SpeexEchoCanceller
from xtalk_edge.engines.echo.webrtc import WebRTCEchoCanceller
from xtalk_edge.engines.enhancer.webrtc_ns import WebRTCNoiseSuppressor
from xtalk_edge.engines.interfaces import EchoCanceller
from xtalk_edge.errors import ConfigError, EngineError

# 40 ms later and a third as loud, with one reflection.
ECHO_PATH = np.r_[np.zeros(640), 0.33, np.zeros(200), 0.1]


def echo_of(far: Samples) -> Samples:
    return np.convolve(far, ECHO_PATH)[: len(far)].astype("<i2")


def cancelled(canceller: EchoCanceller, near: Samples, far: Samples) -> Samples:
    pairs = zip(cut(near.tobytes(), 320), cut(far.tobytes(), 320), strict=True)
    return np.frombuffer(b"".join(canceller.cancel(n, f) for n, f in pairs), "<i2")


@pytest.mark.parametrize("name", ["webrtc", "speex", "cascade"])
@pytest.mark.parametrize(("near", "far"), [(0, 320), (320, 0), (640, 640), (319, 320), (322, 320)])
def test_frames_of_another_size_are_refused(name: str, near: int, far: int) -> None:
    with pytest.raises(EngineError, match="320 bytes"):
        registry.create("echo", name, {}).cancel(bytes(near), bytes(far))


@pytest.mark.parametrize("name", ["speex", "cascade"])
@pytest.mark.parametrize("tail_ms", [0, 19, 1_001])
def test_an_impossible_tail_is_named(name: str, tail_ms: int) -> None:
    with pytest.raises(ConfigError, match=r"echo\.tail_ms: must be from 20 to 1000"):
        registry.create("echo", name, {"tail_ms": tail_ms})


def test_a_missing_library_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(speex, "LIBRARY", "libnotthere.so.1")
    speex.speexdsp.cache_clear()
    with pytest.raises(EngineError, match="apt-get install libspeexdsp1"):
        SpeexEchoCanceller()


def test_closing_twice_is_harmless() -> None:
    canceller = CascadeEchoCanceller()
    canceller.close()
    canceller.close()


@pytest.mark.slow
def test_the_cascade_is_as_quick_as_webrtc_alone() -> None:
    far = noise(2.0)
    near = echo_of(far)
    both = cancelled(CascadeEchoCanceller(), near, far)
    alone = cancelled(WebRTCEchoCanceller(), near, far)
    assert rms(both[:8_000].tobytes()) <= 1.01 * rms(alone[:8_000].tobytes())


@pytest.mark.slow
def test_the_cascade_keeps_a_talker_whom_webrtc_alone_loses() -> None:
    far = noise(12.0)
    rng = np.random.default_rng(5)
    talker = np.zeros(len(far))
    talker[160_000:] = rng.normal(0, 700, len(far) - 160_000)
    near = (echo_of(far) + talker).astype("<i2")

    def kept(canceller: EchoCanceller) -> float:
        """Return how much of the talker is left, as a correlation with what was said."""
        out = cancelled(canceller, near, far)[160_000 + canceller.latency_samples :]
        said = talker[160_000 : 160_000 + len(out)]
        return float(np.corrcoef(out, said)[0, 1])

    assert kept(CascadeEchoCanceller()) > 0.9
    assert kept(WebRTCEchoCanceller()) < 0.9


@pytest.mark.slow
def test_what_the_filter_knows_of_a_room_outlasts_a_silence() -> None:
    far = noise(12.0)
    canceller = SpeexEchoCanceller()
    before = cancelled(canceller, echo_of(far), far)
    talker = noise(3.0)
    silence = np.zeros_like(talker)
    assert np.array_equal(cancelled(canceller, talker, silence)[-16_000:], talker[-16_000:])
    after = cancelled(canceller, echo_of(far), far)
    assert rms(after[:16_000].tobytes()) < 2 * rms(before[-16_000:].tobytes())
    assert rms(before[-16_000:].tobytes()) < rms(before[:16_000].tobytes()) / 4


@pytest.mark.slow
def test_at_rest_webrtc_gives_what_it_always_does_and_knows_the_room_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    speaks, rests = noise(2.0), np.zeros(32_000, "<i2")
    far = np.concatenate((speaks, rests, speaks))
    talker = np.concatenate((np.zeros(40_000), noise(1.0) / 4, np.zeros(40_000)))
    near = (echo_of(far) + talker).astype("<i2")
    always = cancelled(WebRTCEchoCanceller(), near, far)
    monkeypatch.setattr(webrtc, "RESTS_AFTER_S", 0.25)
    rested = cancelled(WebRTCEchoCanceller(), near, far)
    silence, again = slice(36_000, 64_000), slice(64_128, 72_000)
    assert np.abs(always[silence].astype(int) - rested[silence]).max() <= 1
    assert rms(always[silence].tobytes()) > 100
    assert rms(rested[again].tobytes()) < rms(near[again].tobytes()) / 100


def test_half_a_sample_is_refused() -> None:
    with pytest.raises(EngineError, match="even number"):
        WebRTCNoiseSuppressor().enhance(b"\0")


@pytest.mark.slow
def test_an_echo_is_gone_after_two_seconds() -> None:
    far = noise(4.0)
    near = echo_of(far)
    out = cancelled(WebRTCEchoCanceller(), near, far)
    assert rms(out[48_000:].tobytes()) < rms(near[48_000:].tobytes()) / 10


def test_steady_noise_is_suppressed_by_ten_decibels() -> None:
    steady = noise(4.0).tobytes()
    suppressor = WebRTCNoiseSuppressor()
    out = b"".join(suppressor.enhance(frame) for frame in cut(steady, 320))
    assert rms(out[96_000:]) < rms(steady[96_000:]) / 3.2


def test_a_clone_keeps_the_settings() -> None:
    rumble = (3_000 * np.sin(np.arange(32_000) * 2 * np.pi * 20 / 16_000)).astype("<i2").tobytes()
    for high_pass in (True, False):
        suppressor = WebRTCNoiseSuppressor(high_pass=high_pass)
        assert suppressor.clone().enhance(rumble) == suppressor.enhance(rumble)
