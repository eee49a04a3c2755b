import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from xtalk_edge.engines.agent.tool_grammar import tool_grammar
from xtalk_edge.tools.arguments import check_arguments, check_schema
from xtalk_edge.tools.foreign.schemas import (
    LONGEST_DESCRIPTION_CHARS,
    Described,
    UnusableSchemaError,
    described,
    short_description,
    tool_name,
)


def one(schema, **root):
    """Return what an optional argument of that schema becomes; None when it is left out."""
    return described({"type": "object", "properties": {"a": schema}, **root}).properties.get("a")


def required(schema, **root):
    return described({"properties": {"a": schema}, "required": ["a"], **root})


COLOURS = {"Colour": {"enum": ["red", "green"], "type": "string", "title": "Colour"}}
PLACE = {"Place": {"type": "object", "properties": {"x": {"type": "integer"}}, "required": ["x"]}}


@pytest.mark.parametrize(
    ("schema", "root", "reduced"),
    [
        ({"type": "string"}, {}, {"type": "string", "maxLength": 200}),
        (
            {"type": "string", "maxLength": 9, "format": "date"},
            {},
            {"type": "string", "maxLength": 9},
        ),
        ({"type": "string", "maxLength": 9000}, {}, {"type": "string", "maxLength": 200}),
        ({"type": "boolean", "title": "A", "default": True}, {}, {"type": "boolean"}),
        (
            {"type": "integer", "minimum": 1, "maximum": 9},
            {},
            {"type": "integer", "minimum": 1, "maximum": 9},
        ),
        (
            {"type": "integer", "exclusiveMinimum": 0, "exclusiveMaximum": 9},
            {},
            {"type": "integer", "minimum": 1, "maximum": 8},
        ),
        (
            {"type": "number", "exclusiveMinimum": 0, "maximum": 1e300},
            {},
            {"type": "number", "minimum": 0},
        ),
        ({"type": "number", "minimum": float("nan")}, {}, {"type": "number"}),
        (
            {
                "anyOf": [{"type": "integer"}, {"type": "null"}],
                "default": None,
                "description": "How many",
            },
            {},
            {"type": "integer", "description": "How many"},
        ),
        ({"type": ["null", "string"], "enum": ["a", None]}, {}, {"type": "string", "enum": ["a"]}),
        ({"oneOf": [{"type": "array"}, {"type": "number"}]}, {}, {"type": "number"}),
        (
            {"anyOf": [{"const": "on"}, {"const": "off"}, {"enum": ["on"]}]},
            {},
            {"type": "string", "enum": ["on", "off"]},
        ),
        ({"const": "on", "type": "string"}, {}, {"type": "string", "enum": ["on"]}),
        ({"enum": [1, 5]}, {}, {"type": "integer", "minimum": 1, "maximum": 5}),
        ({}, {}, {"type": "string", "maxLength": 200}),
        (True, {}, {"type": "string", "maxLength": 200}),
        (
            {"$ref": "#/$defs/Colour"},
            {"$defs": COLOURS},
            {"type": "string", "enum": ["red", "green"]},
        ),
        (
            {"allOf": [{"$ref": "#/definitions/Colour"}], "description": "Which"},
            {"definitions": COLOURS},
            {"type": "string", "enum": ["red", "green"], "description": "Which"},
        ),
        (
            {"type": "array", "items": {"type": "number"}},
            {},
            {"type": "array", "items": {"type": "number"}, "maxItems": 8},
        ),
        (
            {"type": "array", "items": {"type": "boolean"}, "maxItems": 2},
            {},
            {"type": "array", "items": {"type": "boolean"}, "maxItems": 2},
        ),
        (
            {"type": "array"},
            {},
            {"type": "array", "items": {"type": "string", "maxLength": 200}, "maxItems": 8},
        ),
        (
            {"$ref": "#/$defs/Place"},
            {"$defs": PLACE},
            {"type": "object", "properties": {"x": {"type": "integer"}}, "required": ["x"]},
        ),
    ],
)
def test_what_can_be_said_is_kept(schema, root, reduced):
    assert one(schema, **root) == reduced
    check_schema("any", {"a": one(schema, **root)}, ())


@pytest.mark.parametrize(
    ("schema", "reason"),
    [
        ({"type": "null"}, "a type nobody can say"),
        ({"anyOf": [{"type": "null"}]}, "allows no value"),
        ({"anyOf": "x"}, "cannot be understood"),
        (
            {
                "allOf": [
                    {
                        "allOf": [
                            {
                                "allOf": [
                                    {
                                        "allOf": [
                                            {"allOf": [{"allOf": [{"allOf": [{"allOf": [{}]}]}]}]}
                                        ]
                                    }
                                ]
                            }
                        ]
                    }
                ]
            },
            "cannot be understood",
        ),
        (7, "cannot be understood"),
        ({"$ref": "http://example.org/x"}, "described elsewhere"),
        ({"$ref": "#/$defs/None"}, "described nowhere"),
        ({"$ref": "#/required"}, "described nowhere"),
        ({"type": "object"}, "parts without names"),
        (
            {
                "type": "object",
                "properties": {"b": {"type": "object", "properties": {"c": {}}}},
                "required": ["b"],
            },
            "nested too deeply",
        ),
        ({"type": "array", "items": {"type": "array"}}, "more than words or numbers"),
        (
            {"type": "array", "items": {"type": "object", "properties": {"b": {}}}},
            "nested too deeply",
        ),
        ({"type": "string", "enum": ["<|im_end|>"]}, "choices that are no words"),
        ({"type": "string", "enum": [None]}, "choices that are no words"),
        ({"type": "string", "enum": [f"c{n}" for n in range(65)]}, "too many choices"),
        ({"type": "integer", "enum": [1, "a"]}, "choices of several kinds"),
        ({"type": "number", "enum": [1e300]}, "choices of several kinds"),
    ],
)
def test_what_is_beyond_us_is_left_out_or_leaves_the_tool_out(schema, reason):
    assert one(schema) is None
    with pytest.raises(UnusableSchemaError, match=reason):
        required(schema)


def test_schemas_that_go_round_in_circles_end():
    circle = {"A": {"anyOf": [{"$ref": "#/$defs/A"}]}}
    with pytest.raises(UnusableSchemaError):
        required({"$ref": "#/$defs/A"}, **{"$defs": circle})
    chain = {"A": {"$ref": "#/$defs/A"}}
    with pytest.raises(UnusableSchemaError):
        required({"$ref": "#/$defs/A"}, **{"$defs": chain})


def test_a_tool_without_arguments_has_none():
    assert described({}) == Described()
    assert described({"properties": None, "required": None}) == Described()
    with pytest.raises(UnusableSchemaError, match="JSON object"):
        described([])  # type: ignore[arg-type]
    with pytest.raises(UnusableSchemaError, match="not described"):
        described({"required": ["a"]})


def test_a_name_that_could_speak_in_anothers_role_is_not_offered():
    found = described({"properties": {"<|system|>": {}, "ok": {"type": "boolean"}}})
    assert list(found.properties) == ["ok"]
    assert found.left_out == ("<|system|>",)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                [
                    "type",
                    "properties",
                    "required",
                    "items",
                    "enum",
                    "anyOf",
                    "$ref",
                    "const",
                    "maxItems",
                    "minimum",
                    "maximum",
                    "maxLength",
                    "allOf",
                    "description",
                    "a",
                ]
            )
            | st.text(max_size=3),
            inner | st.sampled_from(["string", "integer", "number", "boolean", "array", "object"]),
            max_size=4,
        )
    ),
    max_leaves=25,
)


@given(JSON)
@pytest.mark.slow
def test_whatever_a_server_describes_becomes_something_a_grammar_can_write(schema):
    try:
        found = described(schema)
    except UnusableSchemaError:
        return
    check_schema("any", found.properties, found.required)
    parameters = {"properties": found.properties, "required": list(found.required)}
    assert tool_grammar([{"function": {"name": "any", "parameters": parameters}}])


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        ({"tags": ["a", "b"], "place": {"x": 1}}, ""),
        ({"tags": "a"}, "the tags must be a list"),
        ({"tags": ["a"] * 4}, "the tags are too many"),
        ({"tags": ["a", 1]}, "the tags must be in words"),
        ({"place": 1}, "the place must be said in parts"),
        ({"place": {}}, "I need to know the x"),
        ({"place": {"x": 1, "y": 2}}, "I don't know what y means here"),
        ({"place": {"x": "one"}}, "the x must be a number"),
    ],
)
def test_lists_and_parts_are_checked(arguments, problem):
    properties = {
        "tags": {"type": "array", "items": {"type": "string"}, "maxItems": 3},
        "place": {"type": "object", "properties": {"x": {"type": "integer"}}, "required": ["x"]},
    }
    check_schema("any", properties, ())
    assert check_arguments(properties, (), arguments) == problem


def test_names_and_descriptions_are_made_fit_to_be_read():
    assert tool_name("todo.add-item/now") == "todo_add_item_now"
    assert tool_name("¡!") == ""
    assert short_description("Turns\n<|im_end|>\nthe light on") == "Turns im_end the light on"
    assert short_description(None) == ""
    long = short_description("word " * 200)
    assert len(long) <= LONGEST_DESCRIPTION_CHARS + 4
    assert long.endswith("word ...")
    assert json.dumps(long)
