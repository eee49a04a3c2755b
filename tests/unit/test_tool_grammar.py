import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests import tiny_gguf
from xtalk_edge.engines.agent.llama_model import LlamaModel
from xtalk_edge.engines.agent.sampling import Grammar
from xtalk_edge.engines.agent.tool_grammar import CLOSE, OPEN, longest_call, tool_grammar
from xtalk_edge.tools.builtin import BUILTIN_TOOLS

BUILTIN = [each.schema() for each in BUILTIN_TOOLS]


def schema(name, properties, required=()):
    parameters = {"type": "object", "properties": properties, "required": list(required)}
    return {"type": "function", "function": {"name": name, "parameters": parameters}}


EVERYTHING = schema(
    "every_thing",
    {
        "text": {"type": "string", "maxLength": 6},
        "free": {"type": "string"},
        "choice": {"type": "string", "enum": ["up", "down", 'a "quoted" one']},
        "count": {"type": "integer", "minimum": 0, "maximum": 250},
        "offset": {"type": "integer", "minimum": -20, "maximum": 9},
        "any": {"type": "integer"},
        "level": {"type": "number", "maximum": 9},
        "flag": {"type": "boolean"},
    },
    required=("choice", "flag"),
)
SAFE = st.characters(min_codepoint=32, exclude_characters='"\\<>\x7f', exclude_categories=["Cs"])
VALUES = {
    "text": st.text(SAFE, min_size=1, max_size=6),
    "free": st.text(SAFE, min_size=1, max_size=64),
    "count": st.integers(0, 999),
    "offset": st.integers(-99, 99),
    "any": st.integers(-999999, 999999),
    "level": st.integers(-9, 9) | st.sampled_from([0.5, -2.25, 9.1234]),
}
REQUIRED = {
    "choice": st.sampled_from(["up", "down", 'a "quoted" one']),
    "flag": st.booleans(),
}
ORDER = list(EVERYTHING["function"]["parameters"]["properties"])


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    path = tiny_gguf.scripted(tmp_path_factory.mktemp("gguf") / "any.gguf", {})
    loaded = LlamaModel(path, threads=1, context_tokens=64)
    yield loaded
    loaded.close()


def accepts(model, schemas, text):
    with Grammar(model, tool_grammar(schemas)) as grammar:
        for byte in text.encode():
            if not grammar.allows(byte):
                return False
            grammar.accept(byte)
        return grammar.allows(tiny_gguf.token(tiny_gguf.END))


def written(name, arguments):
    return f"\n{json.dumps({'name': name, 'arguments': arguments}, ensure_ascii=False)}\n{CLOSE}"


@settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=40
)
@given(arguments=st.fixed_dictionaries(REQUIRED, optional=VALUES))
def test_every_bounded_call_can_be_written(model, arguments):
    ordered = {name: arguments[name] for name in ORDER if name in arguments}
    text = written("every_thing", ordered)
    assert accepts(model, [EVERYTHING], text)
    assert len(OPEN + text) <= longest_call([EVERYTHING])


@pytest.mark.parametrize(
    "arguments",
    [
        {"choice": "up"},
        {"flag": True},
        {"flag": True, "choice": "up"},
        {"choice": "left", "flag": True},
        {"text": "sevench", "choice": "up", "flag": True},
        {"text": "", "choice": "up", "flag": True},
        {"text": "a<b", "choice": "up", "flag": True},
        {"text": 'a"b', "choice": "up", "flag": True},
        {"choice": "up", "count": 1000, "flag": True},
        {"choice": "up", "count": -1, "flag": True},
        {"choice": "up", "count": 1.5, "flag": True},
        {"choice": "up", "any": 1000000, "flag": True},
        {"choice": "up", "level": 1.23456, "flag": True},
        {"choice": "up", "flag": True, "more": 1},
    ],
)
def test_nothing_else_can_be_written(model, arguments):
    assert not accepts(model, [EVERYTHING], written("every_thing", arguments))


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("get_time", {}),
        ("set_timer", {"hours": 1, "minutes": 30, "seconds": 5, "name": "pasta"}),
        ("set_timer", {"seconds": 5}),
        ("set_timer", {}),
        ("cancel_timer", {"name": "egg"}),
        ("set_volume", {"percent": 100}),
        ("change_volume", {"direction": "down"}),
        ("calculate", {"expression": "(1 + 2) * 3 / 4 - 5.5"}),
    ],
)
def test_the_built_in_tools_can_be_called(model, name, arguments):
    assert accepts(model, BUILTIN, written(name, arguments))
    assert accepts(model, BUILTIN, written(name, arguments).strip())


@pytest.mark.parametrize("name", ["get_tim", "get_times", "shell", ""])
def test_only_known_tools_can_be_called(model, name):
    assert not accepts(model, BUILTIN, written(name, {}))


NESTED = schema(
    "nested",
    {
        "tags": {"type": "array", "items": {"type": "string", "maxLength": 4}, "maxItems": 2},
        "one": {"type": "array", "items": {"type": "integer"}, "maxItems": 1},
        "place": {
            "type": "object",
            "properties": {"x": {"type": "integer"}, "name": {"enum": ["in", "out"]}},
            "required": ["x"],
        },
    },
)


@pytest.mark.parametrize(
    "arguments",
    [
        {"tags": []},
        {"tags": ["a", "bcde"], "one": [-7]},
        {"place": {"x": 123456, "name": "out"}},
        {"tags": ["abcd", "abcd"], "one": [-123456], "place": {"x": -123456, "name": "out"}},
    ],
)
def test_lists_and_one_level_of_objects_can_be_written(model, arguments):
    text = written("nested", arguments)
    assert accepts(model, [NESTED], text)
    assert len(OPEN + text) <= longest_call([NESTED])


@pytest.mark.parametrize(
    "arguments",
    [
        {"tags": ["a", "b", "c"]},
        {"tags": [1]},
        {"tags": [["a"]]},
        {"one": [1, 2]},
        {"place": {}},
        {"place": {"name": "in"}},
        {"place": {"x": 1, "y": 2}},
        {"place": []},
    ],
)
def test_no_other_nesting_can_be_written(model, arguments):
    assert not accepts(model, [NESTED], written("nested", arguments))


def test_a_value_without_a_grammar_is_refused():
    with pytest.raises(ValueError, match="array"):
        tool_grammar([schema("a", {"b": {"type": "array"}})])
    with pytest.raises(ValueError, match="at least one"):
        tool_grammar([])


def test_a_tool_may_have_no_parameters_at_all(model):
    bare = {"type": "function", "function": {"name": "bare"}}
    assert accepts(model, [bare], written("bare", {}))
    assert longest_call([bare]) == len(OPEN + written("bare", {}))
    assert longest_call([]) == 0
