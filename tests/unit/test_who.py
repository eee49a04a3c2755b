"""Voices are compared by their direction."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from xtalk_edge.turn.who import likeness, nearest, voice_of

numbers = st.floats(-100, 100, width=32)
vectors = st.lists(numbers, min_size=3, max_size=3).map(lambda v: np.array(v, np.float32))


@given(vectors, vectors, st.floats(0.125, 8.0, width=32))
@pytest.mark.slow
def test_likeness_is_a_cosine_and_levels_do_not_matter(
    one: np.ndarray, other: np.ndarray, louder: float
) -> None:
    assert -1.001 <= likeness(one, other) <= 1.001
    assert likeness(one, other) == pytest.approx(likeness(other, one), abs=1e-5)
    assert likeness(np.float32(louder) * one, other) == pytest.approx(
        likeness(one, other), abs=1e-3
    )


@given(st.lists(vectors, min_size=1))
@pytest.mark.slow
def test_a_voice_has_length_one_or_is_nothing(takes: list[np.ndarray]) -> None:
    length = float(np.linalg.norm(voice_of(takes)))
    assert length == pytest.approx(1.0, abs=1e-3) or length == pytest.approx(0.0, abs=1e-6)


def test_each_take_counts_the_same_however_loud() -> None:
    quiet, loud = np.array([1, 0], np.float32), np.array([0, 50], np.float32)
    assert voice_of([quiet, loud]) == pytest.approx([0.7071, 0.7071], abs=1e-3)


def test_the_nearest_of_those_that_can_be_compared() -> None:
    known = {
        "ann": np.array([1, 0], np.float32),
        "bob": np.array([0, 1], np.float32),
        "of another model": np.array([1, 1, 1], np.float32),
    }
    found = nearest(np.array([1, 2], np.float32), known)
    assert found is not None
    assert found[0] == "bob"
    assert found[1] == pytest.approx(0.894, abs=1e-3)
    assert nearest(np.array([1, 2, 3, 4], np.float32), known) is None
    assert nearest(np.array([1, 2], np.float32), {}) is None
