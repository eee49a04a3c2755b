import pytest
from hypothesis import given
from hypothesis import strategies as st

from xtalk_edge.turn.assent import assent


@pytest.mark.parametrize("text", ["yes", "Yes, please.", "um yeah sure", "yes do it", "Okay!"])
def test_a_yes(text):
    assert assent(text) is True


@pytest.mark.parametrize("text", ["no", "No, thanks.", "oh no don't do that", "never mind"])
def test_a_no(text):
    assert assent(text) is False


@pytest.mark.parametrize(
    "text", ["", "please", "yes and what time is it", "no cancel the other one", "yes no", "maybe"]
)
def test_anything_else_is_neither(text):
    assert assent(text) is None


@given(st.text())
@pytest.mark.slow
def test_any_text_is_read(text):
    assert assent(text) in (True, False, None)
