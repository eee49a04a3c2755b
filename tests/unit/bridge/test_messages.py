"""Messages are what the specification says, byte by byte."""

from __future__ import annotations

import dataclasses
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firmware_bridge import messages
from firmware_bridge.messages import ACKNOWLEDGED, Message, MessageError, decode, encode
from firmware_bridge.wire import MOST_BODY, FrameReader, Verdict, frame
from tests.unit.bridge.messages import MESSAGES
from tests.unit.bridge.vectors import NAMES, VECTORS, frame_of


@given(MESSAGES, st.integers(1, 255))
def test_a_message_comes_back_as_it_was(message: Message, sequence: int) -> None:
    sequence = sequence if isinstance(message, ACKNOWLEDGED) else 0
    body = encode(message, sequence)
    assert len(body) <= MOST_BODY
    assert decode(body) == (message, sequence)


@given(st.binary(min_size=2, max_size=64))
def test_any_body_is_a_message_or_tells_what_is_wrong(body: bytes) -> None:
    try:
        message, sequence = decode(body)
    except MessageError as error:
        assert error.verdict >= Verdict.UNKNOWN_TYPE
    else:
        assert encode(message, sequence) == body


@pytest.mark.parametrize("vector", VECTORS, ids=NAMES)
def test_the_vectors_hold(vector: dict[str, Any]) -> None:
    (body,) = FrameReader().feed(frame_of(vector))
    if isinstance(body, Verdict):
        assert body == vector["verdict"]
    elif vector["verdict"]:
        with pytest.raises(MessageError) as caught:
            decode(body)
        assert caught.value.verdict == vector["verdict"]
    else:
        message, sequence = decode(body)
        assert type(message).__name__ == vector["message"]
        assert sequence == vector["sequence"]
        fields = {key: _plain(value) for key, value in dataclasses.asdict(message).items()}
        assert fields == vector["fields"]
        assert frame(encode(message, sequence)) == frame_of(vector)


def _plain(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value


def test_every_message_and_every_verdict_has_a_vector() -> None:
    named = {vector.get("message") for vector in VECTORS}
    assert named >= {kind.__name__ for kind in get_args(Message)}
    assert {vector["verdict"] for vector in VECTORS} == set(Verdict)


def test_of_another_protocol_its_version_is_known() -> None:
    with pytest.raises(MessageError) as caught:
        decode(bytes((messages.Hello.TYPE, 0, 9)) + b"whatever")
    assert (caught.value.verdict, caught.value.detail) == (Verdict.OTHER_PROTOCOL, 9)
