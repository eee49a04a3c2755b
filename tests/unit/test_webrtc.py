"""What the WebRTC engines refuse, and that they really work."""

from __future__ import annotations

import numpy as np
import pytest

from tests.contract.sound import cut, noise, rms
from xtalk_edge.engines.echo.webrtc import WebRTCEchoCanceller
from xtalk_edge.engines.enhancer.webrtc_ns import WebRTCNoiseSuppressor
from xtalk_edge.errors import EngineError


@pytest.mark.parametrize(("near", "far"), [(0, 320), (320, 0), (640, 640), (319, 320), (322, 320)])
def test_frames_of_another_size_are_refused(near: int, far: int) -> None:
    with pytest.raises(EngineError, match="320 bytes"):
        WebRTCEchoCanceller().cancel(bytes(near), bytes(far))


def test_half_a_sample_is_refused() -> None:
    with pytest.raises(EngineError, match="even number"):
        WebRTCNoiseSuppressor().enhance(b"\0")


@pytest.mark.parametrize("high_pass", [True, False])
def test_an_echo_is_gone_after_two_seconds(high_pass: bool) -> None:
    far = noise(4.0)
    # 40 ms later and a third as loud, with one reflection.
    echo = np.convolve(far, np.r_[np.zeros(640), 0.33, np.zeros(200), 0.1])[: len(far)]
    near = echo.astype("<i2").tobytes()
    canceller = WebRTCEchoCanceller(high_pass=high_pass)
    pairs = zip(cut(near, 320), cut(far.tobytes(), 320), strict=True)
    out = b"".join(canceller.cancel(near_frame, far_frame) for near_frame, far_frame in pairs)
    assert rms(out[96_000:]) < rms(near[96_000:]) / 10


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
