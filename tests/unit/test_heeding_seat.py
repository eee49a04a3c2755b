"""Some words are heeded whoever is the agent; everything else is the agent's."""

import contextlib

import pytest

from xtalk_edge.clock import run_virtual
from xtalk_edge.engines.agent.heeding_seat import HeedingSeat
from xtalk_edge.engines.agent.scripted import ScriptedAgent
from xtalk_edge.engines.hosting import Hosted
from xtalk_edge.engines.interfaces import AgentContext, Prepared, ToolCall, ToolResult
from xtalk_edge.engines.worker import Worker

LIFT = ToolCall("lift", {"far": True})


class Agent(ScriptedAgent):
    """Remembers what it was asked to think ahead of."""

    def __init__(self):
        super().__init__(otherwise="I know nothing.")
        self.ahead = []
        self.discarded = 0

    async def speculate(self, text):
        self.ahead.append(text)
        return Prepared(said="I know")

    async def discard(self):
        self.discarded += 1


class Runner:
    def __init__(self):
        self.calls = []

    def schemas(self):
        return []

    async def run(self, call):
        self.calls.append(call)
        return ToolResult(call.name, "Lifted.")

    def has_effects(self, name):
        return True

    def propose(self, call):
        return ""


def heed(text):
    return LIFT if text == "lift it" else None


def seated(work):
    """Return what `work` makes of a seat, its agent and the runner of its tools."""

    async def go():
        agent, runner = Agent(), Runner()
        home = Hosted(agent, Worker("agent"))
        seat = HeedingSeat(home, lambda agent: agent.use_tools(runner), heed, runner)
        async with contextlib.aclosing(seat):
            return await work(seat, agent, runner)

    return run_virtual(go())


async def pieces(stream):
    async with contextlib.aclosing(stream) as items:
        return [item async for item in items]


@pytest.mark.parametrize("how", ["accept", "commit"])
def test_what_is_heeded_is_run_and_told_without_the_agent(how):
    async def work(seat, agent, runner):
        stream = (
            seat.commit("lift it")
            if how == "commit"
            else seat.async_accept(AgentContext("asr_final", "lift it"))
        )
        found = await pieces(stream)
        seat.heard("Lift")
        return found, runner.calls, seat.history(), agent.discarded

    found, calls, history, discarded = seated(work)
    assert found == [LIFT, ToolResult("lift", "Lifted."), "Lifted."]
    assert calls == [LIFT]
    assert discarded == 1
    assert [line["content"] for line in history] == ["lift it", "Lift"]


@pytest.mark.parametrize("how", ["accept", "commit"])
def test_everything_else_is_the_agents(how):
    async def work(seat, _agent, runner):
        stream = (
            seat.commit("lift")
            if how == "commit"
            else seat.async_accept(AgentContext("asr_final", "lift"))
        )
        return "".join(await pieces(stream)), runner.calls

    assert seated(work) == ("I know nothing.", [])


def test_only_a_final_text_is_heeded():
    async def work(seat, _agent, runner):
        found = await pieces(seat.async_accept(AgentContext("asr_partial", "lift it")))
        return found, runner.calls

    assert seated(work) == ([], [])


def test_the_agent_does_not_think_ahead_of_what_is_heeded():
    async def work(seat, agent, runner):
        prepared = [await seat.speculate(text) for text in ("lift it", "lift")]
        return prepared, agent.ahead, runner.calls

    prepared, ahead, calls = seated(work)
    assert prepared == [Prepared(is_request=True), Prepared(said="I know")]
    assert (ahead, calls) == (["lift"], [])


def test_it_is_heeded_while_nobody_sits_there():
    async def work(seat, _agent, runner):
        home = seat.vacate()
        found = await pieces(seat.commit("lift it"))
        seat.exchange(home)
        return found[-1], seat.history()[-1]["content"], runner.calls

    assert seated(work) == ("Lifted.", "Lifted.", [LIFT])
