"""An enhancer may be left out and taken back at any moment: no sample is lost, moved or doubled."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from xtalk_edge.audio.format import RATE_HZ, level_db, pcm_to_samples, samples_to_pcm
from xtalk_edge.engines.enhancer.bypass import Bypass
from xtalk_edge.engines.enhancer.hops import HopEnhancer
from xtalk_edge.engines.enhancer.none import NoEnhancer
from xtalk_edge.engines.enhancer.webrtc_ns import WebRTCNoiseSuppressor


class Late(HopEnhancer):
    """Gives sound back as it came, late."""

    def __init__(self, hop_samples: int, latency_samples: int) -> None:
        super().__init__()
        self.hop_samples, self.latency_samples = hop_samples, latency_samples
        self.hops = 0
        self._forget()

    def _clean(self, hop: bytes) -> bytes:
        self.hops += 1
        self._line += hop
        given = bytes(self._line[: len(hop)])
        del self._line[: len(hop)]
        return given

    def _forget(self) -> None:
        self._line = bytearray(2 * self.latency_samples)

    def clone(self) -> Late:
        return Late(self.hop_samples, self.latency_samples)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 500), st.booleans()), min_size=1, max_size=60),
    st.integers(1, 320),
    st.integers(0, 400),
)
def test_sound_stays_where_it_was(pieces: list[tuple[int, bool]], hop: int, latency: int) -> None:
    bypass = Bypass(Late(hop, latency))
    total = sum(size for size, _ in pieces)
    sound = (np.arange(1, total + 1) % 30_000).astype(np.int16)
    given_out, at = [], 0
    for size, left_out in pieces:
        bypass.wanted = left_out
        given_out.append(bypass.enhance(samples_to_pcm(sound[at : at + size])))
        at += size
        if left_out:
            assert sum(map(len, given_out)) == 2 * at, "nothing is held back but the latency"
    given_out.append(bypass.flush())
    heard = pcm_to_samples(b"".join(given_out))
    assert np.array_equal(heard, np.concatenate((np.zeros(latency, np.int16), sound)))


def test_left_out_it_costs_nothing_and_taken_back_it_knows_the_noise() -> None:
    late = Late(160, 96)
    bypass = Bypass(late)
    bypass.wanted = True
    bypass.enhance(bytes(2 * RATE_HZ))
    assert late.hops == 0
    noise = np.random.default_rng(1).normal(0, 500, 4 * RATE_HZ).astype(np.int16)
    bypass = Bypass(WebRTCNoiseSuppressor())
    levels = []
    for number, left_out in enumerate((False, False, True, False)):
        bypass.wanted = left_out
        second = noise[number * RATE_HZ : (number + 1) * RATE_HZ]
        cleaned = b"".join(
            bypass.enhance(samples_to_pcm(second[start : start + 160]))
            for start in range(0, RATE_HZ, 160)
        )
        levels.append(level_db(pcm_to_samples(cleaned)[RATE_HZ // 4 :]))
    _, cleaned_db, as_it_came_db, again_db = levels
    assert as_it_came_db == pytest.approx(level_db(noise), abs=0.5)
    assert cleaned_db < as_it_came_db - 6
    assert again_db < as_it_came_db - 6


def test_a_copy_and_a_fresh_start_are_independent() -> None:
    bypass = Bypass(NoEnhancer())
    bypass.wanted = True
    sound = samples_to_pcm(np.arange(100, dtype=np.int16))
    assert bypass.enhance(sound) == sound
    bypass.reset()
    assert bypass.flush() == b""
    assert not bypass.clone().wanted
