"""A model goes on with what another has said, and leaves its own history alone."""

from __future__ import annotations

import asyncio

import pytest

from tests import tiny_gguf
from tests.tiny_gguf import END
from tests.unit.agent.parts import Tools
from xtalk_edge.engines.agent.llama import LlamaAgent
from xtalk_edge.engines.agent.seat import AgentSeat
from xtalk_edge.engines.hosting import Hosted
from xtalk_edge.engines.isolated_agent import IsolatedAgent
from xtalk_edge.engines.worker import Worker
from xtalk_edge.errors import EngineError

GOES_ON = {"\n": "S", "S": "o", "o": "u", "u": "n", "n": "d", "d": END}


async def rest(agent, said="So"):
    return "".join([piece async for piece in agent.resume("what is that", said)])


def test_it_says_what_is_missing(agent_of) -> None:
    agent = agent_of(GOES_ON)

    async def scene():
        assert await rest(agent) == "und"
        assert await rest(agent, "Sound") == ""
        assert agent.history() == []
        # Nothing is left of it in the next answer.
        assert "".join([str(piece) async for piece in agent.commit("hello")]) == "Sound"

    asyncio.run(scene())


def test_it_calls_no_tool_behind_words_of_another(agent_of) -> None:
    tools = Tools(effects=True)
    agent = agent_of({"S": "o", "o": "<tool_call>", "<tool_call>": "{", "}": "\n"})
    agent.use_tools(tools)
    assert asyncio.run(rest(agent, "S")) == "o"
    assert tools.ran == []


def test_it_says_when_it_cannot_look_back_so_far(agent_of) -> None:
    with pytest.raises(EngineError, match="too long"):
        asyncio.run(rest(agent_of(GOES_ON, context_tokens=512), "So " * 500))


def test_the_built_in_model_knows_no_talk() -> None:
    agent = LlamaAgent(threads=1)
    try:
        with pytest.raises(EngineError, match="cannot go on"):
            asyncio.run(rest(agent))
    finally:
        agent.close()


def test_whoever_stands_for_an_agent_passes_it_on(agent_of) -> None:
    worker = Worker("llama")
    seat = AgentSeat(Hosted(agent_of(GOES_ON), worker), lambda agent: agent.use_tools(Tools()))

    async def scene():
        assert await rest(seat) == "und"
        assert [each.said async for each in seat.foresee("hello")][-1] == "Sound"
        await seat.aclose()

    asyncio.run(scene())


@pytest.mark.slow
def test_an_agent_in_a_process_of_its_own_does_it_too(tmp_path) -> None:
    path = tmp_path / "agent.gguf"
    tiny_gguf.scripted(path, GOES_ON)
    agent = IsolatedAgent("llama", {"model": str(path), "threads": 1})

    async def scene():
        assert await rest(agent) == "und"
        progress = [each async for each in agent.foresee("hello")]
        assert progress[-1].said == "Sound"
        assert "".join([str(piece) async for piece in agent.commit("hello")]) == "Sound"

    try:
        asyncio.run(scene())
    finally:
        agent.close()


def test_an_agent_that_cannot_says_so_from_its_process() -> None:
    agent = IsolatedAgent("scripted", {})
    try:
        with pytest.raises(EngineError, match="cannot go on"):
            asyncio.run(rest(agent))
    finally:
        agent.close()
