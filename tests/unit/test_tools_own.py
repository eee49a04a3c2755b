import asyncio
from pathlib import Path

import pytest

from tests.unit.tool_parts import make_context, run_call
from xtalk_edge.config.load import load
from xtalk_edge.config.tools import OwnToolConfig
from xtalk_edge.engines.interfaces import ToolCall
from xtalk_edge.errors import ConfigError
from xtalk_edge.store.database import Database
from xtalk_edge.tools.foreign.own import own_tools
from xtalk_edge.tools.registry import ToolBox

FILE = Path(__file__).parents[1] / "data" / "own_tools.py"


def tools(name, **settings):
    return own_tools([OwnToolConfig(f"{FILE}:{name}", **settings)])


def call(tmp_path, name, arguments=None, *, tool="", **options):
    found = tools(name)
    return run_call(
        tmp_path, ToolCall(tool or found[0].name, arguments or {}), tools=found, **options
    )


def test_a_function_is_described_by_its_annotations():
    [tool] = tools("water_the_plants", limit_s=7.0)
    assert tool.name == "water_the_plants"
    assert tool.description == "Water the plants. What stands here is read by the model too."
    assert tool.properties == {
        "room": {"type": "string", "maxLength": 200, "description": "Which room"},
        "litres": {"type": "number"},
        "speed": {"type": "string", "enum": ["slow and steady", "fast"]},
        "mode": {"type": "string", "enum": ["drip", "spray"]},
        "twice": {"type": "boolean"},
        "pots": {"type": "array", "items": {"type": "integer"}},
        "note": {"type": "string", "maxLength": 200},
    }
    assert tool.required == ("room",)
    assert (tool.limit_s, tool.has_effects) == (7.0, True)


def test_arguments_arrive_as_the_function_wants_them(tmp_path):
    given = {"room": "hall", "litres": 2, "speed": "slow and steady", "pots": [1, 2]}
    result = call(tmp_path, "water_the_plants", given)
    assert result.content == "hall 2.0 SLOW_AND_STEADY drip False 1, 2 None"
    assert call(tmp_path, "count", {"numbers": [1, 1, 2]}).content == "3"


@pytest.mark.parametrize(
    ("name", "arguments", "content"),
    [
        ("ask_the_sky", {"place": "Rome"}, "sky blue and place Rome"),
        ("hand_on", {"place": "Rome"}, "sky blue and place Rome"),
        ("how_loud", {}, "50"),
        ("chain", {"city": "Rome"}, "plain Rome"),
        ("ready_made", {}, "ready"),
    ],
)
def test_every_kind_of_tool_answers(tmp_path, name, arguments, content):
    result = call(tmp_path, name, arguments)
    assert (result.ok, result.content) == (True, content)


@pytest.mark.parametrize(("tool", "content"), [("async_info", "async"), ("half_info", "async")])
def test_tool_objects_are_run_the_way_they_can_be(tmp_path, tool, content):
    result = call(tmp_path, "TOOLS", {"city": "Rome"}, tool=tool)
    assert result.content == f"{content} Rome"


def test_a_list_gives_all_of_its_tools():
    names = ["water_the_plants", "city_info", "async_info", "half_info", "ready_made"]
    assert [tool.name for tool in tools("TOOLS")] == names
    assert tools("TOOLS")[3].description == "half_info"


def test_a_failure_says_so_and_leaks_nothing_into_the_log(tmp_path, caplog):
    result = call(tmp_path, "fail")
    assert (result.ok, result.content) == (False, "Sorry, that did not work.")
    assert "private" not in caplog.text


def test_a_tool_may_ask_back(tmp_path):
    result = call(tmp_path, "ask_back")
    assert (result.ok, result.content) == (False, "Which room?")


def test_an_enum_of_words_is_said_in_its_own(tmp_path):
    [tool] = tools("paint")
    assert tool.properties == {"colour": {"type": "string", "enum": ["crimson"]}}
    assert call(tmp_path, "paint", {"colour": "crimson"}).content == "DARK_RED"


def test_a_dry_run_runs_nothing(tmp_path):
    result = call(tmp_path, "fail", dry_run=True)
    assert result.content == "I would fail."


def test_a_sound_comes_with_its_sentence(tmp_path):
    result = call(tmp_path, "beep")
    assert result.content == "Here it comes."
    assert result.sound is not None
    assert result.sound.seconds == 2.0


def test_a_function_that_hangs_holds_up_nobody(tmp_path):
    async def go():
        store = Database(tmp_path)
        box = ToolBox(tools("hang", limit_s=0.05), make_context(store))
        try:
            return [await box.run(ToolCall("hang")) for _ in range(2)]
        finally:
            await box.aclose()
            store.close()

    first, second = asyncio.run(go())
    assert first.content == "Sorry, that took too long."
    assert second.content == "Sorry, hang is still busy with the last time."


@pytest.mark.parametrize(
    ("name", "problem"),
    [
        ("undescribed", "docstring"),
        ("odd", "value must be annotated"),
        ("either", "value must be annotated"),
        ("unknown", "annotations cannot be read"),
        ("positional", "must not be positional only"),
        ("bad_chain", "cannot be offered, because its argument a has a type"),
        ("nameless_chain", "needs a name"),
        ("number", "int is no tool"),
        ("ChainTool", "type is no tool"),
        ("water_the_plant", "did you mean 'water_the_plants'"),
    ],
)
def test_what_is_no_tool_is_refused_with_a_sentence(name, problem):
    with pytest.raises(ConfigError, match=problem):
        tools(name)


def test_a_file_is_meant_relative_to_the_settings(tmp_path):
    (tmp_path / "mine.py").write_text('def wave():\n    """Wave."""\n')
    settings = tmp_path / "edge.toml"
    settings.write_text('[[tools.own]]\nspec = "mine.py:wave"\nhas_effects = false\n')
    config = load(settings)
    [tool] = own_tools(config.tools.own)
    assert (tool.name, tool.has_effects) == ("wave", False)
    overridden = load(settings, ['tools.own=[{spec="mine.py:wave"}]'])
    assert overridden.tools.own[0].spec == "mine.py:wave"


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ('[[tools.own]]\nspec = "mine.py"', 'must be "file.py:name"'),
        ("[[tools.own]]\nspec = 1", "must be text"),
        ('[[tools.own]]\nspec = "a:b"\nhas_effects = 1', "must be true or false"),
        ('[[tools.own]]\nspec = "a:b"\nlimit_s = 0', "must be at least 0.1"),
        ('[[tools.mcp]]\ncommand = ["a"]', "name: must be a short name"),
        ('[[tools.mcp]]\nname = "a b"\ncommand = ["a"]', "name: must be a short name"),
        ('[[tools.mcp]]\nname = "a"', "needs one of command"),
        ('[[tools.mcp]]\nname = "a"\nurl = "http://b"\ncommand = ["a"]', "needs one of command"),
        ('[[tools.mcp]]\nname = "a"\nurl = "b"', 'must begin with "http://"'),
        ('[[tools.mcp]]\nname = "a"\nurl = "http://b"\nheaders = ["X: secret"]', r"\$NAME"),
        (
            '[[tools.mcp]]\nname = "a"\nurl = "http://b"\n[[tools.mcp]]\nname = "A"\nurl = "http://c"',
            "another server is called",
        ),
    ],
)
def test_wrong_settings_are_explained(tmp_path, text, problem):
    settings = tmp_path / "edge.toml"
    settings.write_text(text)
    with pytest.raises(ConfigError, match=problem):
        load(settings)
