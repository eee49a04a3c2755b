"""The wake phrase ends where it is quietest before it was detected."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from xtalk_edge.turn.phrase_end import FRAME_SAMPLES, phrase_end


@pytest.mark.parametrize("pause_s", [0.03, 0.05, 0.15])
@pytest.mark.parametrize("begins_s", [0.06, 0.2])
def test_a_pause_between_phrase_and_command_is_found(begins_s: float, pause_s: float) -> None:
    sound = np.random.default_rng(1).normal(0, 3_000, 6_400)
    start, stop = round(begins_s * 16_000), round((begins_s + pause_s) * 16_000)
    sound[start:stop] /= 30
    found = phrase_end(sound.astype(np.int16))
    assert start - FRAME_SAMPLES <= found <= stop


@given(st.integers(0, 9_000), st.integers(0, 5))
def test_it_lies_within_the_sound(samples: int, seed: int) -> None:
    sound = np.random.default_rng(seed).integers(-32_768, 32_767, samples).astype(np.int16)
    assert 0 <= phrase_end(sound) <= max(0, samples - 1)
