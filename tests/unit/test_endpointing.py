"""Endpointing policies."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from xtalk_edge.turn.endpointing import FixedSilence, Pause

seconds = st.floats(0, 1e6)


@given(seconds, seconds, st.text(), st.floats(0, 10))
def test_fixed_silence_looks_at_nothing_but_the_silence(
    began_s: Any, turn_s: Any, text: Any, silence_s: Any
) -> None:
    pause = Pause(began_s, turn_s, text)
    assert FixedSilence(silence_s).ends_at_s(pause) == began_s + silence_s
