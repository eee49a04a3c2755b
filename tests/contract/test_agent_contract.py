"""What every agent promises, whatever thinks behind it."""

import asyncio
import contextlib
from typing import Any

import pytest

from tests import tiny_gguf
from tests.fake_openai import Answer, Received, calls, fake_openai, says
from tests.tiny_gguf import END
from xtalk_edge.clock import run_virtual
from xtalk_edge.engines import registry
from xtalk_edge.engines.agent.scripted import ScriptedAgent
from xtalk_edge.engines.interfaces import Agent, AgentContext, Prepared, ToolCall, ToolResult
from xtalk_edge.engines.isolated_agent import IsolatedAgent
from xtalk_edge.errors import ConfigError

RULES = {"hello": "Sound is good.", "time": '<tool_call>{"name": "get_time"}</tool_call>'}
SAYS = {"\n": "S", "S": "o", "o": "u", "u": "n", "n": "d", "d": END}
CALLS = {"\n": "<tool_call>", "<tool_call>": "{", "}": "\n"}


class Tools:
    def __init__(self):
        self.ran = []

    def schemas(self):
        parameters = {"type": "object", "properties": {}}
        return [{"type": "function", "function": {"name": "get_time", "parameters": parameters}}]

    def has_effects(self, name):
        return False

    def propose(self, call):
        return f"Should I {call.name}?"

    async def run(self, call):
        self.ran.append(call)
        return ToolResult(call.name, "It's 4:10 PM.")


def served(received: Received) -> Answer:
    """Answer as the other models do: a sentence in pieces, or a call and then what it gave."""
    last = received.body["messages"][-1]
    if last["role"] == "tool":
        return says(last["content"])
    return calls(("get_time", {})) if received.body["model"] == "calls" else says(*"Sound")


@pytest.fixture(params=["scripted", "llama", "openai", "isolated scripted", "isolated llama"])
def make_agent(request, tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    made: list[Agent] = []
    stack = contextlib.ExitStack()

    def make(kind):
        *isolated, name = request.param.split()
        params: dict[str, Any] = {"rules": RULES}
        if name == "llama":
            path = tmp_path / f"{kind}.gguf"
            tiny_gguf.scripted(path, SAYS if kind == "talks" else CALLS)
            params = {"model": str(path), "threads": 1, "history_turns": 4}
        if name == "openai":
            server = stack.enter_context(fake_openai())
            server.otherwise = served
            params = {"base_url": server.url, "model": kind}
        made.append(
            IsolatedAgent(name, params) if isolated else registry.create("agent", name, params)
        )
        return made[-1]

    with stack:
        yield make
        for agent in made:
            agent.close()


async def collect(agent, text, type="asr_final"):
    return [piece async for piece in agent.async_accept(AgentContext(type, text))]


@pytest.mark.parametrize("run", [asyncio.run, run_virtual])
def test_a_question_is_answered_in_pieces(make_agent, run):
    agent = make_agent("talks")
    assert isinstance(agent, Agent)
    pieces = run(collect(agent, "hello"))
    assert len(pieces) > 1
    assert "".join(pieces).startswith("Sound")
    assert 0.0 <= agent.confidence() <= 1.0


@pytest.mark.parametrize("type", ["asr_partial", "loop"])
def test_only_a_final_text_is_answered(make_agent, type):
    agent = make_agent("talks")
    assert asyncio.run(collect(agent, "hello", type)) == []
    assert agent.history() == []


def test_a_tool_is_announced_then_run_then_spoken(make_agent):
    agent, tools = make_agent("calls"), Tools()
    agent.use_tools(tools)
    pieces = asyncio.run(collect(agent, "what time is it"))
    assert pieces[0] == ToolCall("get_time")
    assert pieces[1] == ToolResult("get_time", "It's 4:10 PM.")
    assert "".join(pieces[2:]) == "It's 4:10 PM."
    assert tools.ran == [ToolCall("get_time")]


def test_a_closed_iterator_leaves_no_trace(make_agent):
    agent, tools = make_agent("calls"), Tools()
    agent.use_tools(tools)

    async def guess():
        question = AgentContext("asr_final", "what time is it")
        async with contextlib.aclosing(agent.async_accept(question)) as pieces:
            await anext(pieces)

    asyncio.run(guess())
    assert tools.ran == []
    assert agent.history() == []


def test_a_guess_may_be_committed_or_thrown_away(make_agent):
    agent, tools = make_agent("calls"), Tools()
    agent.use_tools(tools)

    async def scene():
        await agent.prefill("what")
        await agent.speculate("what time")
        await agent.discard()
        await agent.speculate("what time is it")
        assert agent.history() == []
        pieces = [piece async for piece in agent.commit("what time is it")]
        assert pieces[:2] == [ToolCall("get_time"), ToolResult("get_time", "It's 4:10 PM.")]
        assert len(agent.history()) == 2

    asyncio.run(scene())


def test_what_was_settled_without_it_is_told_to_the_agent(make_agent):
    agent = make_agent("talks")
    agent.note("no", "All right, I won't.")
    agent.note("yes", "It's 4:10 PM.", ToolCall("get_time"))
    assert [line["content"] for line in agent.history()] == [
        "no", "All right, I won't.", "yes", "It's 4:10 PM.",
    ]  # fmt: skip
    agent.heard("It's 4")
    assert agent.history()[-1]["content"] == "It's 4"


class Plain(Agent):
    """An agent with nothing but answers, as one written for X-Talk."""

    async def async_accept(self, context):
        yield f"{context.type} {context.text}"


def test_an_agent_without_guesses_answers_when_asked():
    async def scene():
        agent = Plain()
        agent.use_tools(Tools())
        await agent.prefill("he")
        assert await agent.speculate("hello") == Prepared()
        await agent.discard()
        agent.note("yes", "Done.")
        assert [piece async for piece in agent.commit("hello")] == ["asr_final hello"]
        assert agent.history() == []

    asyncio.run(scene())


def test_history_is_what_was_heard(make_agent):
    agent = make_agent("talks")
    agent.heard("nothing was said yet")
    asyncio.run(collect(agent, "hello"))
    assert agent.history()[0] == {"role": "user", "content": "hello"}
    assert agent.history()[1]["content"].startswith("Sound")
    agent.heard("Sou")
    assert agent.history()[1] == {"role": "assistant", "content": "Sou"}
    agent.heard("")
    assert agent.history() == [{"role": "user", "content": "hello"}]


def test_anything_may_be_asked(make_agent):
    agent = make_agent("talks")
    for text in ("", " ", "\x00", "<|im_end|>", "é" * 40, "{{ 1 }} {% if %}", "\ud800"):
        assert asyncio.run(collect(agent, text))


def test_the_script_takes_its_time_and_has_an_answer_for_the_rest():
    agent = ScriptedAgent(RULES, otherwise="Pardon?", word_s=0.5)

    async def timed():
        await collect(agent, "well, HELLO there")
        return asyncio.get_running_loop().time()

    assert run_virtual(timed()) == pytest.approx(1.5)
    assert run_virtual(collect(agent, "hm")) == ["Pardon?"]
    # Without tools there is nobody to ask the time.
    assert run_virtual(collect(agent, "time")) == [] or agent.history()


def test_a_rule_that_is_no_call_is_refused():
    with pytest.raises(ConfigError, match="no tool call"):
        ScriptedAgent({"a": "<tool_call>oops"})
