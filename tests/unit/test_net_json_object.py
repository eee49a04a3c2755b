import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from xtalk_edge.net.json_object import json_object

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@given(VALUES)
def test_objects_are_read_and_nothing_else(value):
    text = json.dumps(value)
    expected = value if isinstance(value, dict) else None
    assert json_object(text) == json_object(text.encode()) == expected


@given(st.text() | st.binary())
def test_anything_may_come(text):
    found = json_object(text)
    assert found is None or isinstance(found, dict)


@pytest.mark.parametrize("text", ["[" * 100_000, '{"a":' * 100_000, "9" * 5_000, b"\xff{}"])
def test_what_would_be_too_much_is_none(text):
    assert json_object(text) is None
