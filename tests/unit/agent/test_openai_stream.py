"""Text and calls come out of a streamed answer, whatever a server makes of the format."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.fake_openai import chunk
from xtalk_edge.engines.agent.openai_stream import (
    LONGEST_ARGUMENTS_CHARS,
    LONGEST_REPLY_CHARS,
    MOST_CALLS,
    Asked,
    StreamedAnswer,
    model_names,
)
from xtalk_edge.errors import UplinkError


def read(*events):
    """Return what was said, what was called, and the answer."""
    answer = StreamedAnswer()
    said = "".join(answer.feed(event) for event in events) + answer.end()
    return said, answer.calls(), answer


def fragment(index=None, id=None, name=None, arguments=None):
    """Return a chunk with a piece of a call; what is None is left out."""
    function = {"name": name, "arguments": arguments}
    part = {"function": {key: value for key, value in function.items() if value is not None}}
    part |= {} if index is None else {"index": index}
    part |= {} if id is None else {"id": id}
    return chunk(tool_calls=[part])


# -- text ----------------------------------------------------------------------------------


def test_text_comes_in_pieces_and_ends():
    answer = StreamedAnswer()
    assert answer.feed(chunk(role="assistant", content="")) == ""
    assert not answer.has_begun
    assert answer.feed(chunk(content="Hel")) == "Hel"
    assert answer.has_begun
    assert answer.feed(chunk(content="lo.")) == "lo."
    assert not answer.is_ending
    answer.feed(chunk("stop"))
    assert answer.is_ending
    answer.feed("[DONE]")
    assert answer.feed(chunk(content="more")) == ""
    assert (answer.finish, answer.end(), answer.calls()) == ("stop", "", [])


@pytest.mark.parametrize("field", ["reasoning", "reasoning_content", "thinking", "audio"])
def test_thoughts_in_fields_of_their_own_are_not_spoken(field):
    said, _, answer = read(chunk(**{field: "Hm."}), chunk(content="Yes."))
    assert said == "Yes."
    assert answer.has_begun


def test_thoughts_between_tags_are_not_spoken():
    assert read(chunk(content="<thi"), chunk(content="nk>Hm.</think>Yes."))[0] == "Yes."


@pytest.mark.parametrize(
    "event",
    [
        json.dumps({"choices": [{"message": {"role": "assistant", "content": "Yes."}}]}),
        json.dumps({"choices": [{"delta": {"content": [{"type": "text", "text": "Yes."}]}}]}),
        json.dumps({"choices": [{"delta": {"content": None, "refusal": "Yes."}}]}),
        json.dumps({"choices": [{"index": 0, "delta": {"content": "Yes.", "tool_calls": None}}]}),
    ],
    ids=["not streamed", "in parts", "a refusal", "without calls"],
)
def test_other_forms_of_text(event):
    assert read(event)[:2] == ("Yes.", [])


@pytest.mark.parametrize(
    "event",
    [
        "",
        " ",
        json.dumps({"choices": [], "usage": {}}),
        json.dumps({"choices": [{"index": 1, "delta": {"content": "another answer"}}]}),
        json.dumps({"choices": [{"delta": None}]}),
        json.dumps({"choices": ["x"], "id": "1"}),
        json.dumps({"id": "1", "object": "chat.completion.chunk"}),
        json.dumps({"choices": [{"delta": {"content": 7, "tool_calls": [7, {"function": 7}]}}]}),
    ],
)
def test_what_is_no_part_of_the_answer_says_nothing(event):
    assert read(event)[:2] == ("", [])


@pytest.mark.parametrize(
    "event", ["garbage", "7", "[]", "{}", '{"a": 1}', "[" * 100_000, "9" * 5000]
)
def test_garbage_is_told(event):
    with pytest.raises(UplinkError, match=r"no chat completion; check agent\.base_url"):
        read(event)


@pytest.mark.parametrize(
    ("error", "named"),
    [
        (
            {"error": {"message": "you said hello", "code": "overloaded"}},
            r"an error \(overloaded\);",
        ),
        ({"error": {"message": "you said hello", "type": "server_error"}}, r"\(server_error\)"),
        ({"error": "you said hello"}, "an error;"),
        ({"object": "error", "message": "you said hello", "code": 500}, r"\(500\)"),
        ({"error": {"message": "you said hello", "code": "you said hello"}}, "an error;"),
    ],
)
def test_an_error_in_the_middle_is_told_without_its_words(error, named):
    with pytest.raises(UplinkError, match=named) as caught:
        read(chunk(content="Well,"), json.dumps(error))
    assert "hello" not in str(caught.value)


def test_an_endless_reply_is_cut():
    said, _, answer = read(*[chunk(content="ha " * 1000)] * 30)
    assert len(said) == LONGEST_REPLY_CHARS
    assert answer.is_full
    assert answer.finish == "length"


# -- calls ---------------------------------------------------------------------------------


def test_a_call_in_fragments_is_one_call():
    _, calls, answer = read(
        fragment(0, "a", "get_time", ""),
        fragment(0, arguments='{"pla'),
        fragment(0, arguments='ce": "x"}'),
    )
    assert calls == [Asked("get_time", {"place": "x"})]
    assert answer.has_begun


def test_calls_in_turns_come_in_their_order():
    events = [
        fragment(1, "b", "two", "{"), fragment(0, "a", "one", '{"n"'),
        fragment(1, arguments="}"), fragment(0, arguments=": 1}"),
    ]  # fmt: skip
    assert read(*events)[1] == [Asked("one", {"n": 1}), Asked("two", {})]


@pytest.mark.parametrize(
    ("events", "calls"),
    [
        pytest.param([fragment(None, "a", "one", "{}"), fragment(None, "b", "two", "{}")],
                     ["one", "two"], id="whole, without numbers"),
        pytest.param([fragment(0, "a", "one", "{}"), fragment(0, "b", "two", "{}")],
                     ["one", "two"], id="whole, all with number 0"),
        pytest.param([fragment(0, "a", "one", "{}"), fragment(0, "b", "two", "{"),
                      fragment(0, "b", "two", "}")], ["one", "two"], id="told apart by id"),
        pytest.param([fragment(None, None, "one", "{"), fragment(arguments="}")],
                     ["one"], id="fragments without numbers"),
        pytest.param([fragment(None, "a", "one", "{"), fragment(None, "a", arguments="}")],
                     ["one"], id="fragments with an id"),
        pytest.param([fragment(0, "a", "one", "{"), fragment(0, "a", "one", "}")],
                     ["one"], id="the name again and again"),
        pytest.param([fragment(0, "a", "o", ""), fragment(0, "a", "ne", "{}")],
                     ["one"], id="the name in pieces"),
        pytest.param([fragment(0, "a", "one", "{}"), fragment(0, "a", "one", "{}")],
                     ["one"], id="sent twice"),
        pytest.param([fragment(0, "a", "one", {})], ["one"], id="arguments as an object"),
        pytest.param([fragment(0, "a", "one")], ["one"], id="no arguments"),
        pytest.param([fragment(0, "a", "one", "null")], ["one"], id="null"),
        pytest.param([chunk(function_call={"name": "one", "arguments": "{"}),
                      chunk(function_call={"arguments": "}"})], ["one"], id="the older form"),
        pytest.param([chunk(content="I will."), chunk(content='<tool_call>\n{"name": "one"}'),
                      chunk(content='</tool_call>\n<tool_call>{"name": "two"}</tool_call>')],
                     ["one", "two"], id="left in the text"),
        pytest.param([chunk(content="<tool_call>oops</tool_call>")], [], id="no call in the text"),
        pytest.param([fragment(True, "a", "one", "{}"), fragment(-1, "b", "two", "{}")],
                     ["one", "two"], id="numbers that are none"),
    ],
)  # fmt: skip
def test_other_forms_of_calls(events, calls):
    assert read(*events)[1] == [Asked(name, {}) for name in calls]


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        ("{", "the arguments are no valid JSON"),
        ("set a timer", "the arguments are no valid JSON"),
        ('{"n": NaN}', "the arguments are no valid JSON"),
        ('{"n": 1e999}', "the arguments are no valid JSON"),
        ("[" * 10_000, "the arguments are no valid JSON"),
        ('{"n": ' + "9" * 5000 + "}", "the arguments are no valid JSON"),
        ("[1]", "the arguments are no JSON object"),
        ('{"n": 1} {"n": 2}', "the arguments are no JSON object"),
        ('{"n": "' + "x" * LONGEST_ARGUMENTS_CHARS + '"}', "the arguments are too long"),
    ],
)
def test_wrong_arguments_are_named(arguments, problem):
    assert read(fragment(0, "a", "one", arguments))[1] == [Asked("one", None, problem)]


def test_calls_are_bounded():
    events = [fragment(index, f"{index}", "one", "{}") for index in range(100)]
    assert len(read(*events)[1]) == MOST_CALLS
    assert read(fragment(0, "a", "x" * 1000, "{}"))[1] == [Asked("", {})]
    endless = StreamedAnswer()
    endless.feed(fragment(0, "a", "one", "{"))
    for _ in range(100):
        endless.feed(fragment(0, arguments="x" * 10_000))
    assert endless.calls()[0].problem == "the arguments are too long"
    assert len(endless._calls[0].arguments) < 2 * LONGEST_ARGUMENTS_CHARS


KEYS = (
    "choices delta message content tool_calls function index id name arguments function_call "
    "finish_reason error text code type object"
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-2, 20) | st.text(max_size=6) | st.floats(),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(KEYS.split()), inner, max_size=5)
    ),
    max_leaves=20,
)
SHAPED = st.builds(
    lambda delta, finish: {"choices": [{"delta": delta, "finish_reason": finish}]}, JSON, JSON
)


@given(events=st.lists(st.text(max_size=20) | (JSON | SHAPED).map(json.dumps), max_size=6))
def test_nothing_but_the_one_error_comes_of_any_events(events):
    answer = StreamedAnswer()
    try:
        said = "".join(answer.feed(event) for event in events) + answer.end()
    except UplinkError as error:
        assert "\n" not in str(error)
        return
    assert isinstance(said, str)
    for call in answer.calls():
        json.dumps(call.arguments, allow_nan=False)
        assert (call.arguments is None) == bool(call.problem)


@given(text=st.text(alphabet="abc <é", max_size=30), cut=st.integers(1, 5))
def test_text_is_the_same_in_any_pieces(text, cut):
    pieces = [chunk(content=text[at : at + cut]) for at in range(0, len(text), cut)]
    assert read(*pieces)[0] == text


@given(arguments=st.dictionaries(st.text(max_size=5), st.text() | st.integers(), max_size=4),
       cut=st.integers(1, 5))  # fmt: skip
def test_arguments_are_the_same_in_any_pieces(arguments, cut):
    text = json.dumps(arguments)
    pieces = [fragment(0, arguments=text[at : at + cut]) for at in range(0, len(text), cut)]
    assert read(fragment(0, "a", "one"), *pieces)[1] == [Asked("one", arguments)]


def test_a_list_of_models_is_read():
    assert model_names(b'{"data": [{"id": "a"}, {"id": 7}, 7, {"id": "b"}]}') == ["a", "b"]
    for other in (b"", b"[]", b"{}", b'{"data": 7}', b"\xff", b"[" * 100_000):
        assert model_names(other) == []
