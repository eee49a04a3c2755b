"""Whatever bytes a chat server sends, and however they are cut: one result, or one error."""

import json

from hypothesis import given
from hypothesis import strategies as st

from tests.fake_openai import chunk, events
from xtalk_edge.engines.agent.openai_refusals import Facts, refusal
from xtalk_edge.engines.agent.openai_stream import StreamedAnswer, model_names
from xtalk_edge.errors import UplinkError
from xtalk_edge.net.address import Address
from xtalk_edge.net.event_stream import EventStream
from xtalk_edge.net.way_faults import Goal

URL = "http://h/v1"
GOAL = Goal(Address(URL, "h", 80, is_encrypted=False), "agent.base_url")
FACTS = Facts(GOAL, "m", URL, has_key=False)


def call_part(index, id, name, arguments):
    part = {"index": index, "id": id, "function": {"name": name, "arguments": arguments}}
    return chunk(tool_calls=[part])


CHUNKS = (
    st.builds(lambda text: chunk(content=text), st.text(max_size=8))
    | st.sampled_from(["<think>", "</think>", "<tool_call>", '{"name": "a"}']).map(
        lambda text: chunk(content=text)
    )
    | st.builds(
        call_part,
        st.sampled_from([None, 0, 1, 2, -1, "0", 1.5]),
        st.sampled_from([None, "", "a", "b"]),
        st.sampled_from([None, "", "one", "two"]),
        st.sampled_from([None, "", "{", "}", '{"n": 1}', "x"]),
    )
    | st.sampled_from(["stop", "length", "tool_calls"]).map(chunk)
    | st.sampled_from(["[DONE]", "", "{", "7", '{"error": "x"}', '{"choices": []}'])
)
STREAMS = (
    st.lists(CHUNKS, max_size=8).map(lambda data: b"".join(events(*data)))
    | st.lists(CHUNKS, max_size=8).map(lambda data: b"".join(events(*data, newline="\r\n")))
    | st.binary(max_size=80)
)


def read(pieces):
    """Return everything that comes of a stream, up to its error."""
    stream, answer = EventStream(), StreamedAnswer()
    said = ""
    try:
        for piece in pieces:
            for event in stream.feed(piece):
                said += answer.feed(event)
        for event in stream.end():
            said += answer.feed(event)
    except UplinkError as error:
        return said, str(error)
    return said + answer.end(), answer.calls(), answer.finish, answer.has_begun


@given(data=STREAMS, cuts=st.lists(st.integers(0, 10_000), max_size=8))
def test_any_split_of_the_bytes_gives_the_same_answer(data, cuts):
    at = sorted({cut % (len(data) + 1) for cut in cuts})
    pieces = [data[a:b] for a, b in zip([0, *at], [*at, len(data)], strict=True)]
    assert read(pieces) == read([data]) == read([data[n : n + 1] for n in range(len(data))])


@given(data=STREAMS, at=st.integers(0, 10_000), byte=st.integers(0, 255))
def test_one_wrong_byte_is_an_answer_or_an_error(data, at, byte):
    damaged = bytearray(data)
    if damaged:
        damaged[at % len(damaged)] = byte
    found = read([bytes(damaged)])
    assert len(found) in (2, 4)
    if len(found) == 2:
        assert found[1].isprintable()


@given(body=st.binary(max_size=80) | st.recursive(
    st.none() | st.text() | st.integers(),
    lambda inner: st.dictionaries(
        st.sampled_from(["error", "message", "code", "type", "data", "id"]), inner, max_size=3)
    | st.lists(inner, max_size=3), max_leaves=6).map(lambda value: json.dumps(value).encode()),
    status=st.integers(201, 599), wait=st.text(max_size=6))  # fmt: skip
def test_any_refusal_is_a_sentence(body, status, wait):
    found = refusal(status, {"retry-after": wait}, body, FACTS)
    assert found.sentence.isprintable()
    assert found.again_s is None or 0.0 <= found.again_s < float("inf")
    assert all(isinstance(name, str) for name in model_names(body))
