"""An agent in a process of its own: what reaches it, what comes back, and what if it dies."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Iterator
from typing import Any

import pytest

from xtalk_edge.engines.child_process import DEATHS_BORNE
from xtalk_edge.engines.interfaces import AgentContext, ToolCall, ToolResult
from xtalk_edge.engines.isolated_agent import IsolatedAgent
from xtalk_edge.errors import ConfigError, EngineError, EngineLostError, ModelError

AGENT = """
import asyncio, os, time
from xtalk_edge.engines.interfaces import Agent, ToolCall
from xtalk_edge.errors import ModelError
from xtalk_edge.net.border import BORDER


class Odd(Agent):
    def __init__(self, colour: str = "red"):
        if colour == "none":
            raise ModelError("brain.gguf: is missing")
        self.noted, self.speaker, self.tools = [], "", None

    def use_tools(self, tools):
        self.tools = tools

    def use_speaker(self, name, about=""):
        self.speaker = f"{name} ({about})"

    def note(self, text, reply, call=None):
        self.noted.append((text, reply))

    def history(self):
        pairs = [({"role": "user", "content": t}, {"role": "assistant", "content": r})
                 for t, r in self.noted]
        return [line for pair in pairs for line in pair]

    async def async_accept(self, context):
        match context.text:
            case "who":
                yield self.speaker
            case "send":
                BORDER.send("a.example", "text", 1)
            case "die":
                yield "I "
                os._exit(7)
            case "die at once":
                os._exit(7)
            case "hang":
                time.sleep(60)
                yield "late"
            case "fail":
                raise ValueError("nonsense")
            case "wait":
                try:
                    yield "wait"
                finally:
                    self.noted.append(("wait", "stopped"))
            case "guess":
                yield self.tools.propose(ToolCall("light"))
            case "act and die":
                await self.tools.run(ToolCall("light"))
                os._exit(7)
            case "act":
                yield str(self.tools.has_effects("light"))
                yield (await self.tools.run(ToolCall("light"))).content
"""


class Lights:
    """One light, which takes a moment."""

    def __init__(self, takes_s: float = 0.0) -> None:
        self.takes_s = takes_s
        self.switched = 0
        self.stopped = asyncio.Event()

    def schemas(self) -> list[dict[str, Any]]:
        return [{"type": "function", "function": {"name": "light", "parameters": {}}}]

    def has_effects(self, name: str) -> bool:
        return name == "light"

    def propose(self, call: ToolCall) -> str:
        return f"Should I {call.name}?"

    async def run(self, call: ToolCall) -> ToolResult:
        try:
            await asyncio.sleep(self.takes_s)
        except asyncio.CancelledError:
            self.stopped.set()
            raise
        self.switched += 1
        return ToolResult(call.name, "It is on.")


@pytest.fixture(scope="module")
def spec(tmp_path_factory: pytest.TempPathFactory) -> str:
    path = tmp_path_factory.mktemp("agent") / "odd.py"
    path.write_text(AGENT, encoding="utf-8")
    return f"{path}:Odd"


@pytest.fixture
def agent(spec: str) -> Iterator[IsolatedAgent]:
    with contextlib.closing(IsolatedAgent(spec, {})) as made:
        yield made


async def said(agent: IsolatedAgent, text: str) -> list[Any]:
    return [piece async for piece in agent.async_accept(AgentContext("asr_final", text))]


@pytest.mark.slow
def test_what_it_raises_is_raised_here(spec: str, agent: IsolatedAgent) -> None:
    with pytest.raises(ModelError, match=r"brain\.gguf: is missing"):
        IsolatedAgent(spec, {"colour": "none"})
    with pytest.raises(ConfigError, match="shade"):
        IsolatedAgent(spec, {"shade": 1})
    with pytest.raises(ValueError, match="nonsense"):
        asyncio.run(said(agent, "fail"))
    with pytest.raises(Exception, match=r'may send nothing.*set isolation = "thread"'):
        asyncio.run(said(agent, "send"))
    assert asyncio.run(said(agent, "who")) == [""]


@pytest.mark.slow
def test_tools_run_here(agent: IsolatedAgent) -> None:
    lights = Lights()
    agent.use_tools(lights)
    assert asyncio.run(said(agent, "act")) == ["True", "It is on."]
    assert asyncio.run(said(agent, "guess")) == ["Should I light?"]
    assert lights.switched == 1


@pytest.mark.slow
def test_a_tool_stops_when_its_answer_is_no_longer_wanted(agent: IsolatedAgent) -> None:
    lights = Lights(takes_s=60.0)
    agent.use_tools(lights)

    async def scene() -> None:
        question = AgentContext("asr_final", "act")
        async with contextlib.aclosing(agent.async_accept(question)) as pieces:
            await anext(pieces)
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(0.2):
                    await anext(pieces)
        await lights.stopped.wait()

    asyncio.run(scene())
    assert not lights.switched


@pytest.mark.slow
def test_an_answer_that_is_closed_ends_there(agent: IsolatedAgent) -> None:
    async def scene() -> None:
        question = AgentContext("asr_final", "wait")
        async with contextlib.aclosing(agent.async_accept(question)) as pieces:
            assert await anext(pieces) == "wait"

    asyncio.run(scene())
    assert agent.history()[-1] == {"role": "assistant", "content": "stopped"}


@pytest.mark.slow
def test_its_successor_knows_what_it_knew(agent: IsolatedAgent) -> None:
    agent.use_tools(Lights())
    agent.use_speaker("Ann", "likes jazz")
    agent.note("hello", "Good morning.")
    pid = agent.pid
    with pytest.raises(EngineLostError, match="exit code 7"):
        asyncio.run(said(agent, "die"))
    assert agent.history() == [
        {"role": "user", "content": "hello"}, {"role": "assistant", "content": "Good morning."},
    ]  # fmt: skip
    assert asyncio.run(said(agent, "who")) == ["Ann (likes jazz)"]
    assert agent.pid != pid
    assert [line["content"] for line in agent.history()] == ["hello", "Good morning."]
    assert asyncio.run(said(agent, "act")) == ["True", "It is on."]


@pytest.mark.slow
def test_what_a_tool_did_is_told_although_the_agent_died(agent: IsolatedAgent) -> None:
    lights = Lights()
    agent.use_tools(lights)
    told = []

    async def scene() -> None:
        async for piece in agent.commit("act and die"):
            told.append(piece)

    with pytest.raises(EngineLostError):
        asyncio.run(scene())
    assert told == [ToolResult("light", "It is on.")]
    assert lights.switched == 1


@pytest.mark.slow
def test_one_that_does_not_stop_is_ended(
    agent: IsolatedAgent, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("xtalk_edge.engines.agent_line.STOP_TIMEOUT_S", 0.0)
    pid = agent.pid

    async def scene() -> None:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.2):
                await said(agent, "hang")
        assert await said(agent, "who") == [""]

    asyncio.run(scene())
    assert agent.pid != pid


@pytest.mark.slow
def test_one_that_dies_at_every_question_is_left_alone(agent: IsolatedAgent) -> None:
    async def scene() -> None:
        for _ in range(DEATHS_BORNE):
            with pytest.raises(EngineLostError):
                await said(agent, "die at once")
        with pytest.raises(EngineError, match="choose another engine"):
            await said(agent, "who")

    asyncio.run(scene())


@pytest.mark.slow
def test_one_that_is_closed_stays_closed(agent: IsolatedAgent) -> None:
    agent.close()
    with pytest.raises(EngineError, match="is closed"):
        asyncio.run(said(agent, "who"))
    agent.heard("nobody listens")
    assert agent.confidence() == 0.0
    assert agent.history() == []
