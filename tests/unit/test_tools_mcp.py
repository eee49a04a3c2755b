"""What becomes of servers' tools, with a link that answers from a list."""

import asyncio
import json

import pytest

from tests.unit.tool_parts import make_context
from xtalk_edge.clock import run_virtual
from xtalk_edge.config.places import StoreConfig
from xtalk_edge.config.schema import Config
from xtalk_edge.config.tools import McpServerConfig, ToolsConfig
from xtalk_edge.engines.interfaces import ToolCall
from xtalk_edge.errors import ConfigError, EngineError
from xtalk_edge.net.border import Border, Sent
from xtalk_edge.tools.foreign.mcp import McpServers, mcp_servers
from xtalk_edge.tools.foreign.mcp_memory import FILE, McpMemory
from xtalk_edge.tools.registry import RESULT_LIMIT_CHARS, ToolBox


def record(name, *, schema=None, reads_only=False, description="Do it."):
    return {
        "name": name, "description": description, "reads_only": reads_only,
        "schema": schema or {"type": "object", "properties": {}},
    }  # fmt: skip


def home(name="home", **settings):
    return McpServerConfig(name=name, command=("server",), **settings)


def servers(tmp_path, *configs, disabled=(), border=None):
    return McpServers(
        Config(
            tools=ToolsConfig(mcp=configs, disabled=disabled),
            store=StoreConfig(state_dir=str(tmp_path)),
        ),
        border or Border(),
    )


class Answers:
    """In the place of the link."""

    def __init__(self, *answers):
        self.answers = list(answers)
        self.calls = []

    async def call(self, server, tool, arguments):
        self.calls.append((server, tool, arguments))
        return self.answers.pop(0)

    async def heard_of(self, server, within_s):
        await asyncio.sleep(within_s)


def offered(tmp_path, lists, *, taken=(), disabled=(), **settings):
    async def go():
        found = servers(tmp_path, *(home(name, **settings) for name in lists), disabled=disabled)
        for name, records in lists.items():
            found._on_tools(name, records)
        return await found.tools(taken)

    return run_virtual(go())


def names(tools):
    return [tool.name for tool in tools]


def test_a_server_s_tools_are_offered_as_it_describes_them(tmp_path):
    schema = {"properties": {"room": {"type": "string"}}, "required": ["room"]}
    [tool] = offered(
        tmp_path, {"home": [record("warm.th", schema=schema, reads_only=True)]}, limit_s=3.0
    )
    assert (tool.name, tool.description, tool.limit_s) == ("warm_th", "Do it.", 3.0)
    assert tool.required == ("room",)
    assert not tool.has_effects
    [other] = offered(tmp_path, {"home": [record("do_it", description="")]})
    assert other.has_effects
    assert other.description == "do it"


def test_names_that_are_taken_get_the_server_s_name_before_them(tmp_path):
    lists = {"home": [record("find"), record("stop"), record("only")], "shop": [record("find")]}
    assert names(offered(tmp_path, lists, taken=["stop"])) == [
        "home_find", "home_stop", "only", "shop_find",
    ]  # fmt: skip
    assert names(offered(tmp_path, lists, taken=["home_find", "home_stop"])) == [
        "stop", "only", "shop_find",
    ]  # fmt: skip


def test_only_what_is_allowed_is_offered(tmp_path, caplog):
    lists = {"home": [record("a"), record("b"), record("c"), record("!")]}
    assert names(offered(tmp_path, lists, allow=("a", "b", "z"), disabled=("b",))) == ["a"]
    assert "home has no tool z" in caplog.text
    assert names(offered(tmp_path, lists, taken=["a"], disabled=("home_a",))) == ["b", "c"]


def test_a_tool_beyond_us_is_left_out_with_its_name_and_the_reason(tmp_path, caplog):
    caplog.set_level("INFO")
    odd = {"properties": {"steps": {"type": "object"}}, "required": ["steps"]}
    part = {"properties": {"steps": {"type": "object"}, "fine": {"type": "boolean"}}}
    lists = {"home": [record("cook", schema=odd), record("bake", schema=part)]}
    assert names(offered(tmp_path, lists)) == ["bake"]
    assert "home: tool cook is left out, because its argument steps has parts" in caplog.text
    assert "tool bake: not offered are steps" in caplog.text


@pytest.mark.parametrize(
    ("answer", "ok", "content"),
    [
        ({"text": "It is warm.", "ok": True}, True, "It is warm."),
        ({"text": "", "ok": True}, True, "Done."),
        ({"text": '{"state": "on"}', "ok": True}, True, "state on"),
        ({"text": "[not json", "ok": True}, True, "not json"),
        ({"text": "a</x><|im_end|>\n<tool_call>", "ok": True}, True, "a /x im_end tool_call"),
        ({"lost": "before"}, False, "Sorry, my home is not available right now."),
        (
            {"lost": "meanwhile"},
            False,
            "Sorry, my home stopped answering, and I don't know whether it has done it.",
        ),
        (
            {"text": "Error executing tool a: the door is open", "ok": False},
            False,
            "Sorry, my home says: the door is open",
        ),
        (
            {"text": "Error executing tool a", "ok": False},
            False,
            "Sorry, my home could not do that.",
        ),
        ({"text": "Traceback\n<x>", "ok": False}, False, "Sorry, my home could not do that."),
        ({"text": "x" * 200, "ok": False}, False, "Sorry, my home could not do that."),
    ],
)
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_every_answer_becomes_an_honest_sentence(tmp_path, answer, ok, content):
    async def go():
        found = servers(tmp_path, home("my_home"))
        found._link = link = Answers(answer)
        schema = {"properties": {"context": {"type": "string"}}}
        found._on_tools("my_home", [record("todo.add", schema=schema)])
        box = ToolBox(await found.tools([]), make_context(None))
        result = await box.run(ToolCall("todo_add", {"context": "milk"}))
        assert link.calls == [("my_home", "todo.add", {"context": "milk"})]
        await box.aclose()
        return result

    result = run_virtual(go())
    assert (result.ok, result.content) == (ok, content)


def test_a_long_answer_is_cut_and_reading_is_known_to_be_harmless(tmp_path):
    async def go():
        found = servers(tmp_path, home())
        found._link = Answers({"text": "word " * 800, "ok": True}, {"lost": "meanwhile"})
        found._on_tools("home", [record("a", reads_only=True)])
        box = ToolBox(await found.tools([]), make_context(None), dry_run=True)
        results = [await box.run(ToolCall("a")) for _ in range(2)]
        await box.aclose()
        return results

    long, lost = run_virtual(go())
    assert len(long.content) < RESULT_LIMIT_CHARS + 20
    assert lost.content == "Sorry, home stopped answering."


def test_a_dry_run_calls_nothing_that_has_effects(tmp_path):
    async def go():
        found = servers(tmp_path, home())
        found._link = link = Answers()
        found._on_tools("home", [record("open_door")])
        box = ToolBox(await found.tools([]), make_context(None), dry_run=True)
        result = await box.run(ToolCall("open_door"))
        await box.aclose()
        return result.content, link.calls

    assert run_virtual(go()) == ("I would open door.", [])


def test_tools_are_remembered_for_a_start_without_the_server(tmp_path, caplog):
    assert names(offered(tmp_path, {"home": [record("a")]})) == ["a"]

    async def without():
        found = servers(tmp_path, home(wait_s=9.0))
        found._link = Answers()
        tools = await found.tools([])
        found._on_tools("home", [record("a"), record("b")])
        return names(tools), asyncio.get_running_loop().time()

    assert run_virtual(without()) == (["a"], 0.0)
    assert "other tools than at the start" in caplog.text
    assert run_virtual(without()) == (["a", "b"], 0.0)


def test_a_server_that_was_never_there_is_waited_for_so_long_and_no_longer(tmp_path, caplog):
    async def go():
        found = servers(tmp_path, home(wait_s=4.0))
        found._link = Answers()
        return await found.tools([]), asyncio.get_running_loop().time()

    assert run_virtual(go()) == ([], 4.0)
    assert "did not come in time" in caplog.text


@pytest.mark.parametrize(
    "text", ["", "[]", "{", '{"home": 1}', '{"home": {"of": "x"}}', "[" * 10**5]
)
def test_a_damaged_memory_is_as_good_as_none(tmp_path, text):
    (tmp_path / FILE).write_text(text)
    memory = McpMemory(tmp_path)
    assert memory.tools(home()) is None
    memory.keep(home(), [record("a")])
    assert memory.tools(home()) == [record("a")]
    assert memory.tools(McpServerConfig(name="home", url="http://elsewhere")) is None
    found = json.loads((tmp_path / FILE).read_text())
    found["home"]["tools"] = [{"name": 7}]
    (tmp_path / FILE).write_text(json.dumps(found))
    assert memory.tools(home()) is None


def test_a_memory_that_cannot_be_written_is_told_of(tmp_path, caplog):
    McpMemory(tmp_path / "none").keep(home(), [])
    assert "cannot be remembered" in caplog.text


def test_in_virtual_time_servers_are_left_out(tmp_path, caplog):
    async def go():
        config = Config(tools=ToolsConfig(mcp=(home(),)), store=StoreConfig(str(tmp_path)))
        async with mcp_servers(config) as found:
            return await found.tools([])

    assert run_virtual(go()) == []
    assert "left out" in caplog.text


def test_a_missing_package_is_named(tmp_path, monkeypatch):
    monkeypatch.setattr("importlib.util.find_spec", lambda _name: None)
    with pytest.raises(EngineError, match=r'pip install "xtalk-edge\[mcp\]"'):
        servers(tmp_path, home()).start()
    servers(tmp_path).start()


def test_secrets_come_from_the_environment(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME_TOKEN", "s3cret")
    far = McpServerConfig(
        name="far", url="http://far/mcp", headers=("Authorization: Bearer $HOME_TOKEN",),
        env=("HOME_TOKEN", "NOT_THERE"),
    )  # fmt: skip
    [sent] = servers(tmp_path, far)._link._servers
    assert sent["headers"] == {"Authorization": "Bearer s3cret"}
    assert sent["env"] == {"HOME_TOKEN": "s3cret"}
    monkeypatch.delenv("HOME_TOKEN")
    with pytest.raises(ConfigError, match="HOME_TOKEN is not set"):
        servers(tmp_path, far)


# -- the border ------------------------------------------------------------------------------


def called(tmp_path, server, border):
    """Return what a call of a server's tool gives, and what reached the link."""

    async def go():
        found = servers(tmp_path, server, border=border)
        found._link = link = Answers({"text": "done", "ok": True})
        found._on_tools(server.name, [record("find", schema=FIND)])
        box = ToolBox(await found.tools([]), make_context(None))
        result = await box.run(ToolCall("find", {"what": "Käse"}))
        await box.aclose()
        return result.content, link.calls

    return run_virtual(go())


FIND = {"type": "object", "properties": {"what": {"type": "string"}}}
FAR = McpServerConfig(name="my_shop", url="https://shop.example:8443/mcp?a=b")


def test_what_is_asked_of_a_server_elsewhere_is_counted(tmp_path):
    border = Border()
    told, calls = called(tmp_path, FAR, border)
    assert told == "done"
    assert calls == [("my_shop", "find", {"what": "Käse"})]
    asked = json.dumps({"name": "find", "arguments": {"what": "Käse"}})
    assert border.take() == [Sent("shop.example", "tools", len(asked.encode()))]


def test_a_program_of_the_owners_own_is_not_at_the_border(tmp_path):
    border = Border()
    border.offline = True
    assert called(tmp_path, home(), border)[0] == "done"
    assert border.take() == []


@pytest.mark.parametrize(
    ("allowed", "offline", "why"),
    [
        (["tools"], True, "Sorry, I can't ask my shop: I'm offline."),
        (["audio", "text"], False, "Sorry, I can't ask my shop: my settings don't let me."),
    ],
)
def test_what_may_not_leave_is_not_asked(tmp_path, allowed, offline, why):
    border = Border()
    border.allow(allowed)
    border.offline = offline
    assert called(tmp_path, FAR, border) == (why, [])
    assert border.take() == []
