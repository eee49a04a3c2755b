import asyncio

import pytest

from tests.unit.tool_parts import make_context, run_call
from xtalk_edge.clock import run_virtual
from xtalk_edge.engines.interfaces import ToolCall
from xtalk_edge.errors import ConfigError
from xtalk_edge.tools.arguments import check_arguments
from xtalk_edge.tools.builtin import BUILTIN_TOOLS
from xtalk_edge.tools.registry import RESULT_LIMIT_CHARS, ToolBox, ToolError, tool


@tool("Wait for ever.", limit_s=0.5)
async def hang(context):
    await asyncio.sleep(3600)
    return "never"


@tool("Ignore being cancelled.", limit_s=0.5)
async def stubborn(context):
    try:
        await asyncio.sleep(3600)
    except asyncio.CancelledError:
        await asyncio.sleep(60)
    return "never"


@tool("Fail.")
async def fail(context):
    raise ValueError("a private word")


@tool("Refuse.")
async def refuse(context):
    raise ToolError("I can't find that.")


@tool("Talk for ever.")
async def chatter(context):
    return "word " * 10_000


@tool(
    "Everything at once.",
    {
        "text": {"type": "string", "maxLength": 5},
        "choice": {"type": "string", "enum": ["up", "down"]},
        "count": {"type": "integer", "minimum": 1, "maximum": 3},
        "least": {"type": "number", "minimum": 0},
        "most": {"type": "number", "maximum": 9},
        "flag": {"type": "boolean"},
    },
    required=("text",),
    has_effects=True,
)
async def many(context, **arguments):
    return f"{sorted(arguments)}"


TOOLS = (hang, stubborn, fail, refuse, chatter, many)


def run(tmp_path, name, arguments=None, **options):
    return run_call(tmp_path, ToolCall(name, arguments or {}), tools=TOOLS, **options)


@pytest.mark.parametrize("name", ["hang", "stubborn"])
def test_a_tool_that_hangs_is_given_up(tmp_path, name):
    result = run(tmp_path, name)
    assert (result.ok, result.content) == (False, "Sorry, that took too long.")


def test_a_tool_that_fails_says_so_and_leaks_nothing_into_the_log(tmp_path, caplog):
    result = run(tmp_path, "fail")
    assert (result.ok, result.content) == (False, "Sorry, that did not work.")
    assert "private" not in caplog.text
    assert "ValueError" in caplog.text


def test_a_refusal_is_spoken(tmp_path):
    result = run(tmp_path, "refuse")
    assert (result.ok, result.content) == (False, "I can't find that.")


def test_an_endless_answer_is_cut_at_a_word(tmp_path):
    result = run(tmp_path, "chatter")
    assert len(result.content) <= RESULT_LIMIT_CHARS + 20
    assert result.content.endswith("word and so on.")


def test_an_unknown_tool_is_refused(tmp_path):
    assert not run(tmp_path, "launch").ok


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        ({}, "need to know the text"),
        ({"text": "a", "colour_name": 1}, "what colour name means"),
        ({"text": 1}, "in words"),
        ({"text": "abcdef"}, "too long"),
        ({"text": "a", "choice": "left"}, "up or down"),
        ({"text": "a", "count": 4}, "between 1 and 3"),
        ({"text": "a", "count": True}, "a number"),
        ({"text": "a", "count": 1.5}, "whole number"),
        ({"text": "a", "least": -1}, "at least 0"),
        ({"text": "a", "most": 10}, "at most 9"),
        ({"text": "a", "most": float("nan")}, "a number"),
        ({"text": "a", "flag": "yes"}, "yes or no"),
    ],
)
def test_wrong_arguments_are_explained(tmp_path, arguments, problem):
    result = run(tmp_path, "many", arguments)
    assert not result.ok
    assert problem in result.content


def test_right_arguments_arrive(tmp_path):
    arguments = {"text": "a", "choice": "up", "count": 3, "least": 0.5, "most": -1, "flag": True}
    result = run(tmp_path, "many", arguments)
    assert result.ok
    assert result.content == str(sorted(arguments))
    assert result.arguments == arguments


def test_a_dry_run_changes_nothing_and_says_what_it_would_do(tmp_path):
    result = run(tmp_path, "many", {"text": "a", "count": 2}, dry_run=True)
    assert result.ok
    assert result.content == "I would many with text a and count 2."
    assert run(tmp_path, "refuse", dry_run=True).content == "I can't find that."


def test_a_call_is_put_into_words():
    arguments = {"device": "lamp", "on": True, "tags": ["a", "b"], "place": {"x": 1}}
    words = "many with device lamp, on yes, tags a and b and place x 1"
    assert many.in_words(arguments) == words


def test_schemas_and_effects():
    box_tools = {tool.name: tool for tool in BUILTIN_TOOLS}

    async def check(tmp=None):
        box = ToolBox(TOOLS, make_context(None))
        assert [s["function"]["name"] for s in box.schemas()] == [t.name for t in TOOLS]
        assert box.has_effects("many")
        assert not box.has_effects("hang")
        assert not box.has_effects("nothing")

    run_virtual(check())
    assert {name for name, each in box_tools.items() if not each.has_effects} == {
        "timer_left", "list_alarms", "get_time", "get_date", "shift_date", "days_until", "repeat",
        "help", "tell_joke", "read_notes", "read_list", "recall", "calculate", "convert",
        "flip_coin", "roll_dice", "device_state", "system_status",
    }  # fmt: skip


def test_two_tools_of_one_name_are_refused():
    with pytest.raises(ConfigError, match="there are two"):
        ToolBox((fail, fail), make_context(None))


@pytest.mark.parametrize(
    ("properties", "required"),
    [
        ({"a": {"type": "object"}}, ()),
        ({"a": {"type": "string", "pattern": "x"}}, ()),
        ({"a": {"type": "integer", "enum": [1]}}, ()),
        ({}, ("a",)),
    ],
)
def test_a_schema_that_cannot_be_enforced_is_refused(properties, required):
    async def handler(context):
        return ""

    with pytest.raises(ConfigError, match="tool handler"):
        tool("x", properties, required=required)(handler)


def test_a_tool_must_be_a_coroutine():
    def blocking(context):
        return ""

    with pytest.raises(ConfigError, match="async def"):
        tool("x")(blocking)


def test_text_without_a_limit_is_limited_all_the_same():
    assert "too long" in check_arguments({"a": {"type": "string"}}, (), {"a": "x" * 65})
