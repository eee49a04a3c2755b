import contextlib
from pathlib import Path

import pytest

from tests.unit.tool_parts import Volume, make_context
from xtalk_edge.clock import run_virtual
from xtalk_edge.config.places import StoreConfig
from xtalk_edge.config.schema import AgentConfig, Config
from xtalk_edge.config.tools import McpServerConfig, OwnToolConfig, ToolsConfig
from xtalk_edge.engines.agent.scripted import ScriptedAgent
from xtalk_edge.engines.interfaces import AgentContext
from xtalk_edge.errors import ModelError
from xtalk_edge.net.border import Border
from xtalk_edge.tools import household
from xtalk_edge.tools.builtin import BUILTIN_TOOLS
from xtalk_edge.tools.device.owners_border import open_border
from xtalk_edge.tools.household import open_agent, open_bell
from xtalk_edge.tools.registry import ToolBox, tool

FILE = Path(__file__).parents[1] / "data" / "own_tools.py"


def ask(tmp_path, text, tools, *, dry_run=False):
    call = '<tool_call>{"name": "ask_the_sky", "arguments": {"place": "Rome"}}</tool_call>'
    config = Config(
        agent=AgentConfig("scripted", params={"rules": {"sky": call}}),
        tools=tools,
        store=StoreConfig(str(tmp_path)),
    )

    async def go():
        with open_bell(config) as bell:
            opened = open_agent(
                config, bell, volume=Volume(), last_reply=lambda: "", dry_run=dry_run
            )
            async with opened as equipped:
                items = equipped.agent.async_accept(AgentContext("asr_final", text))
                async with contextlib.aclosing(items) as stream:
                    return "".join([item async for item in stream if isinstance(item, str)])

    return run_virtual(go())


def test_the_agent_is_given_the_owner_s_tools(tmp_path):
    own = ToolsConfig(own=(OwnToolConfig(f"{FILE}:ask_the_sky"),))
    assert ask(tmp_path, "how is the sky", own) == "sky blue and place Rome"
    dry = ask(tmp_path, "how is the sky", own, dry_run=True)
    assert dry == "I would ask the sky with place Rome."


def test_a_disabled_tool_s_name_is_free_for_one_of_the_owner_s(tmp_path):
    (tmp_path / "mine.py").write_text(
        'def get_time():\n    """Tell my time."""\n    return "tea"\n'
    )
    spec = OwnToolConfig(f"{tmp_path / 'mine.py'}:get_time")
    assert ask(tmp_path, "hm", ToolsConfig(disabled=("get_time",), own=(spec,)))
    with pytest.raises(Exception, match="there are two of this name"):
        ask(tmp_path, "hm", ToolsConfig(own=(spec,)))


@pytest.mark.parametrize(
    ("agent", "is_built_in"),
    [
        (AgentConfig(), True),
        (AgentConfig(params={"model": ""}), True),
        (AgentConfig(params={"model": "qwen.gguf"}), False),
        (AgentConfig("scripted"), False),
    ],
)
def test_it_is_known_which_model_calls_no_tools_of_others(agent, is_built_in):
    assert household.is_built_in(agent) == is_built_in


@tool("Tell.")
async def one(context):
    return ""


@tool("Tell more.")
async def other(context):
    return ""


class SmallAgent(ScriptedAgent):
    """Has room for one tool."""

    def __init__(self, room=1):
        super().__init__()
        self.room = room
        self.names: list[str] = []

    def use_tools(self, runner):
        if len(runner.schemas()) > self.room:
            raise ModelError("no room")
        self.names = [schema["function"]["name"] for schema in runner.schemas()]


def test_servers_tools_that_do_not_fit_the_model_are_left_out(caplog):
    agent = SmallAgent()
    household._equip(agent, ToolBox([one], make_context(None)), [other])
    assert agent.names == ["one"]
    assert "left out: no room" in caplog.text
    roomy = SmallAgent(room=2)
    household._equip(roomy, ToolBox([one], make_context(None)), [other])
    assert roomy.names == ["one", "other"]


def test_the_owner_s_own_tools_must_fit():
    with pytest.raises(ModelError):
        household._equip(SmallAgent(), ToolBox([one, other], make_context(None)), [])


def test_a_server_is_no_reason_to_wait_in_virtual_time(tmp_path):
    servers = (McpServerConfig(name="home", command=("no-such-program",)),)
    assert ask(tmp_path, "hm", ToolsConfig(mcp=servers)).startswith("Sorry")


def equipped(tmp_path, agent, tools=None):
    """Return the names of the tools the agent is told of, and what a word of the owner's gives."""
    config = Config(agent=agent, tools=tools or ToolsConfig(), store=StoreConfig(str(tmp_path)))

    async def go():
        with open_bell(config) as bell, open_border(config, Border()) as border:
            opened = open_agent(config, bell, volume=Volume(), last_reply=lambda: "", border=border)
            async with opened as equipped:
                told = []
                for text in ("what did you send", "go offline"):
                    call = equipped.orders.meant(text)
                    assert call is not None
                    told.append((await equipped.orders.obey(call)).content)
                names = [each["function"]["name"] for each in equipped.tools.schemas()]
                return names, told, border.offline.is_on

    return run_virtual(go())


TOLD = [
    "Nothing has ever left this device.",
    "I'm offline now. Nothing leaves this device until you say: go online.",
]


def test_the_owners_word_counts_with_the_built_in_model_which_is_told_of_no_more_tools(tmp_path):
    names, told, offline = equipped(tmp_path, AgentConfig())
    assert names == [each.name for each in BUILTIN_TOOLS]
    assert (told, offline) == (TOLD, True)


def test_other_models_are_offered_the_tools_for_it_too(tmp_path):
    names, told, offline = equipped(tmp_path, AgentConfig("scripted"))
    assert names[-2:] == ["go_offline", "go_online"]
    assert (told, offline) == (TOLD, True)


def test_the_owners_word_counts_where_the_agent_may_not(tmp_path):
    disabled = ToolsConfig(disabled=("system_status", "go_offline", "go_online"))
    names, told, offline = equipped(tmp_path, AgentConfig("scripted"), disabled)
    assert not set(names) & set(disabled.disabled)
    assert (told, offline) == (TOLD, True)
