from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from xtalk_edge.engines.xai.messages import NAME_CHARS, Message, message_of, written

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=12,
)


@pytest.mark.parametrize(
    "data",
    ["", "{", "[]", "null", "3", '"x"', "{}", '{"type": 3}', "[" * 100_000, b'{"type": "x"}',
     "9" * 5_000, '{"type": ' + "9" * 5_000 + "}"],
)  # fmt: skip
def test_what_is_no_message_is_none(data):
    assert message_of(data) is None


def test_a_field_of_another_type_is_not_there():
    message = message_of('{"type": "x", "a": 3, "b": "3", "c": 1e999, "d": NaN, "e": true}')
    assert message is not None
    assert message.kind == "x"
    assert [message.text(name) for name in "abcdef"] == ["", "3", "", "", "", ""]
    assert [message.number(name) for name in "abcdef"] == [3.0, None, None, None, None, None]
    assert [message.flag(name) for name in "abcdef"] == [False] * 4 + [True, False]
    assert message.part("a").text("x") == ""
    assert Message("x", {"a": 10**400}).number("a") is None


def test_texts_are_printable_and_bounded():
    message = Message("x", {"a": "\x1b[2Jhello\n" + "y" * 10_000})
    assert message.text("a").startswith("[2Jhello")
    assert len(message.text("a")) <= NAME_CHARS
    assert message.complaint() == "an unknown error"


def test_a_message_is_written_in_ascii():
    assert json.loads(written("text.delta", delta="né😀")) == {
        "type": "text.delta",
        "delta": "né😀",
    }
    assert written("x", a="\ud800").isascii()


@given(st.dictionaries(st.text(max_size=8), JSON), st.text(max_size=20))
def test_any_object_with_a_type_is_a_message(fields, kind):
    message = message_of(json.dumps({**fields, "type": kind}))
    assert message is not None
    assert message.kind.isprintable()
    for name in fields:
        assert message.text(name).isprintable()
        assert isinstance(message.flag(name), bool)
        assert isinstance(message.data(name), str)
        message.part(name).complaint()
        message.number(name)


@given(st.text(max_size=200) | st.binary(max_size=200))
def test_garbage_is_no_message_or_one(data):
    assert message_of(data) is None or isinstance(message_of(data), Message)
