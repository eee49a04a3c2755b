import json

from hypothesis import example, given, settings
from hypothesis import strategies as st

from models.starter.language import chat
from xtalk_edge.engines.agent.tool_grammar import CLOSE, OPEN
from xtalk_edge.engines.agent.tool_parse import (
    LONGEST_CALL_CHARS,
    THINK,
    THINK_END,
    SpeechFilter,
    TextDecoder,
    parse_call,
    render_call,
)
from xtalk_edge.engines.interfaces import ToolCall

TAGGY = st.lists(
    st.sampled_from([OPEN, CLOSE, THINK, THINK_END, "<", "<tool_", "think>", "a", " ", "é"])
).map("".join)
KEYS = st.sampled_from(["name", "arguments"]) | st.text(max_size=3)
SCALARS = st.none() | st.booleans() | st.integers() | st.text(max_size=8)


def pieces_of(text, cuts):
    at = sorted({cut % (len(text) + 1) for cut in cuts})
    return [text[a:b] for a, b in zip([0, *at], [*at, len(text)], strict=True)]


@given(text=TAGGY, cuts=st.lists(st.integers(0, 1000), max_size=6))
def test_any_split_of_the_text_is_spoken_alike(text, cuts):
    whole, split = SpeechFilter(), SpeechFilter()
    expected = whole.feed(text) + whole.flush()
    spoken = "".join(split.feed(piece) for piece in pieces_of(text, cuts)) + split.flush()
    assert spoken == expected
    assert (split.found, split.before) == (whole.found, whole.before)


@given(text=TAGGY)
def test_nothing_is_invented_and_no_tag_is_spoken(text):
    speech = SpeechFilter()
    spoken = speech.feed(text) + speech.flush()
    assert OPEN not in spoken
    assert speech.feed("more") == "" or not speech.found
    if speech.found:
        assert text.startswith(speech.before + OPEN)
    else:
        assert speech.before == (text + "more" if not speech.found else text)[: len(speech.before)]


@given(text=st.text(alphabet="abc <é"))
def test_text_without_tags_passes_whole(text):
    speech = SpeechFilter()
    assert speech.feed(text) + speech.flush() == text


def test_thoughts_are_kept_silent_and_calls_in_them_too():
    speech = SpeechFilter()
    text = f"{THINK}I could {OPEN}{THINK_END}Hello."
    assert speech.feed(text) + speech.flush() == "Hello."
    assert not speech.found
    assert speech.before == text


@given(data=st.binary(max_size=40), cuts=st.lists(st.integers(0, 1000), max_size=6))
def test_half_characters_wait_for_their_other_half(data, cuts):
    decoder = TextDecoder()
    text = "".join(decoder.feed(piece) for piece in pieces_of(data, cuts))
    assert data.decode("utf-8", "replace").startswith(text)


@given(text=st.text(max_size=20), cuts=st.lists(st.integers(0, 1000), max_size=9))
def test_text_split_anywhere_comes_out_whole_and_in_whole_characters(text, cuts):
    decoder = TextDecoder()
    data = text.encode("utf-8", "replace")
    pieces = [decoder.feed(piece) for piece in pieces_of(data, cuts)]
    assert "".join(pieces) == data.decode()


@given(text=st.text() | TAGGY)
@example("[" * 100_000)
@example('{"name": ' * 500)
@example('{"name": NaN, "arguments": {"a": 1e999}}')
@example('{"name": "a", "arguments": []}')
@example('{"name": "", "arguments": {}}')
@example("9" * 5000)
def test_no_text_breaks_the_parser(text):
    call = parse_call(text)
    assert call is None or isinstance(call, ToolCall)


@settings(deadline=None)
@given(value=st.recursive(SCALARS, lambda inner: st.dictionaries(KEYS, inner), max_leaves=8))
def test_no_json_breaks_the_parser(value):
    assert parse_call(json.dumps(value)) is None or value["name"]


@given(
    name=st.text(min_size=1, max_size=20),
    arguments=st.dictionaries(st.text(max_size=9), SCALARS, max_size=4),
)
def test_a_rendered_call_is_read_back(name, arguments):
    call = ToolCall(name, arguments)
    text = render_call(call)
    assert text.startswith(OPEN)
    assert parse_call(text.removeprefix(OPEN)) == call


@given(
    name=st.sampled_from(["set_timer", "add_note"]),
    arguments=st.dictionaries(st.text(max_size=9), SCALARS, max_size=4),
)
def test_a_call_is_shown_to_the_model_as_it_was_trained_on_it(name, arguments):
    assert render_call(ToolCall(name, arguments)) == chat.call(name, arguments)


def test_a_call_without_end_is_none():
    assert parse_call('{"name": "a"}' + " " * LONGEST_CALL_CHARS) is None
    assert parse_call('{"name": "a"}') == ToolCall("a", {})
