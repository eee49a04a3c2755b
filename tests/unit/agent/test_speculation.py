"""One context, one owner: reading ahead, guessing, committing, throwing away."""

import asyncio
import contextlib

import pytest

from tests.unit.agent.parts import CALLS, SOUND, Tools, answer
from xtalk_edge.clock import run_virtual
from xtalk_edge.engines.agent.llama import LlamaAgent
from xtalk_edge.engines.agent.priority import Desk, Priority
from xtalk_edge.engines.agent.stopping import Stop
from xtalk_edge.engines.interfaces import ToolCall, ToolResult

PLACED = {"place": {"type": "string"}}
FOREVER = {"\n": "h", "h": "a", "a": "h"}
RUNS = pytest.mark.parametrize("run", [asyncio.run, run_virtual])


async def all_of(pieces):
    return [piece async for piece in pieces]


@RUNS
def test_a_committed_speculation_computes_nothing_more(agent_of, run):
    agent = agent_of(SOUND, persona="")

    async def scene():
        assert (await agent.speculate("what is that")).said == "Sound."
        assert agent.history() == []
        before = agent.evaluated_tokens
        assert "".join(await all_of(agent.commit("what is that "))) == "Sound."
        assert agent.evaluated_tokens == before
        assert [line["content"] for line in agent.history()] == ["what is that", "Sound."]

    run(scene())


@RUNS
@pytest.mark.slow
def test_another_text_is_answered_afresh(agent_of, run):
    agent = agent_of(None, max_reply_tokens=20, model={"context": 512})
    plain = agent_of(None, max_reply_tokens=20, model={"context": 512})

    async def scene():
        guessed = await agent.speculate("tell me a")
        certain = "".join(await all_of(agent.commit("tell me a story")))
        assert certain == "".join(await all_of(plain.commit("tell me a story"))) != guessed.said
        assert agent.history()[0]["content"] == "tell me a story"
        assert len(agent.history()) == 2

    run(scene())


@RUNS
@pytest.mark.slow
def test_a_discarded_speculation_leaves_no_trace(agent_of, run):
    settings = {"max_reply_tokens": 20, "history_turns": 4, "model": {"context": 1024}}
    agent, plain = agent_of(None, **settings), agent_of(None, **settings)

    async def scene():
        first = await all_of(agent.commit("one"))
        assert first == await all_of(plain.commit("one"))
        await agent.speculate("something else")
        await agent.discard()
        await agent.discard()
        assert len(agent.history()) == 2
        assert await all_of(agent.commit("two")) == await all_of(plain.commit("two"))
        assert agent.history() == plain.history()

    run(scene())


@RUNS
@pytest.mark.slow
def test_effects_wait_for_the_commit_and_happen_once(agent_of, run):
    agent, tools = agent_of(CALLS), Tools("set_timer", content="Done.", effects=True)
    agent.use_tools(tools)

    async def scene():
        assert (await agent.speculate("set a timer")).said == ""
        assert (await agent.speculate("set a timer")).said == ""
        assert tools.ran == []
        call = ToolCall("set_timer")
        assert await all_of(agent.commit("set a timer")) == [
            call, ToolResult("set_timer", "Done."), "Done.",
        ]  # fmt: skip
        assert tools.ran == [call]

    run(scene())


@RUNS
@pytest.mark.slow
def test_what_has_no_effects_may_run_ahead_and_is_forgotten_when_discarded(agent_of, run):
    agent, tools = agent_of(CALLS), Tools()
    agent.use_tools(tools)

    async def scene():
        assert (await agent.speculate("what time is it")).said == "It's 4:10 PM."
        assert len(tools.ran) == 1
        await agent.discard()
        assert agent.history() == []
        await agent.speculate("what time is it now")
        assert len(await all_of(agent.commit("what time is it now"))) == 3
        assert len(tools.ran) == 2
        assert len(agent.history()) == 2

    run(scene())


@pytest.mark.parametrize(
    ("says", "tools", "known"),
    [
        pytest.param(CALLS, Tools(), True, id="it changes nothing"),
        pytest.param(CALLS, Tools(ok=False), False, id="it asks back"),
        pytest.param(CALLS, Tools(effects=True), True, id="there is nothing to add"),
        pytest.param(CALLS, Tools(properties=PLACED, effects=True), False, id="it could say where"),
        pytest.param(SOUND, Tools(), False, id="no call"),
    ],
)
@pytest.mark.slow
def test_a_request_that_misses_nothing_is_known_as_one(agent_of, says, tools, known):
    agent = agent_of(says)
    agent.use_tools(tools)

    async def scene():
        assert (await agent.speculate("what time is it")).is_request is known

    asyncio.run(scene())


@pytest.mark.slow
def test_a_question_back_is_asked_only_once_it_is_certain(agent_of):
    agent, tools = agent_of(CALLS, act_above=0.99, ask_above=0.0), Tools(effects=True)
    agent.use_tools(tools)

    async def scene():
        assert (await agent.speculate("hm")).said == ""
        assert tools.proposed == []
        assert await all_of(agent.commit("hm")) == ["Should I get_time?"]
        assert tools.proposed == [ToolCall("get_time")]

    asyncio.run(scene())


@pytest.mark.slow
def test_a_commit_takes_over_in_the_middle(agent_of):
    agent = agent_of(FOREVER, max_reply_tokens=300)

    async def scene():
        guess = asyncio.ensure_future(agent.speculate("go on"))
        await asyncio.sleep(0.02)
        pieces = await all_of(agent.commit("go on"))
        await guess
        return pieces

    assert len(asyncio.run(scene())) == 300


@RUNS
@pytest.mark.slow
def test_a_commit_that_is_not_read_to_its_end_ends_the_speculation(agent_of, run):
    agent = agent_of(FOREVER, max_reply_tokens=300)

    async def scene():
        guess = asyncio.ensure_future(agent.speculate("go on"))
        await asyncio.sleep(0)
        async with contextlib.aclosing(agent.commit("go on")) as pieces:
            await anext(pieces)
        await guess
        agent.heard("ha")
        assert [line["content"] for line in agent.history()] == ["go on", "ha"]
        assert len(await all_of(agent.commit("more"))) == 300

    run(scene())


@pytest.mark.slow
def test_cancelling_whoever_waits_does_not_end_a_speculation(agent_of):
    agent = agent_of(FOREVER, max_reply_tokens=200)

    async def scene():
        guess = asyncio.ensure_future(agent.speculate("go on"))
        await asyncio.sleep(0.01)
        guess.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await guess
        return await all_of(agent.commit("go on"))

    assert len(asyncio.run(scene())) == 200


def test_a_failing_speculation_fails_when_committed(agent_of, monkeypatch):
    agent = agent_of(SOUND)
    monkeypatch.setattr(agent._generation, "run", lambda *_: iter([1 / 0]))

    async def scene():
        await agent.speculate("go on")
        with pytest.raises(ZeroDivisionError):
            await all_of(agent.commit("go on"))

    asyncio.run(scene())


def test_what_was_heard_meanwhile_makes_a_speculation_stale(agent_of):
    agent = agent_of(SOUND, history_turns=4)

    async def scene():
        await all_of(agent.commit("one"))
        await agent.speculate("two")
        agent.heard("Sou")
        await all_of(agent.commit("two"))
        assert [line["content"] for line in agent.history()] == ["one", "Sou", "two", "Sound."]

    asyncio.run(scene())


@pytest.mark.slow
def test_less_urgent_work_is_refused_while_more_urgent_goes_on(agent_of):
    agent = agent_of(FOREVER, max_reply_tokens=100)

    async def scene():
        pieces = agent.commit("first")
        await anext(pieces)
        assert (await agent.speculate("second")).said == ""
        before = agent._model.tokens[:50]
        await agent.prefill("third")
        assert agent._model.tokens[:50] == before
        assert len(await all_of(pieces)) == 99
        await agent.speculate("second")
        evaluated = agent.evaluated_tokens
        await agent.prefill("third")
        assert agent.evaluated_tokens == evaluated

    asyncio.run(scene())


@pytest.mark.slow
def test_a_commit_ends_reading_ahead_at_once(heavy):
    agent = LlamaAgent(str(heavy), threads=1, context_tokens=2048, persona="", max_reply_tokens=1)

    async def scene():
        reading = asyncio.ensure_future(agent.prefill("many words " * 150))
        await asyncio.sleep(0.05)
        await all_of(agent.commit("few words"))
        await reading

    asyncio.run(scene())
    assert 0 < agent.evaluated_tokens < 1600
    agent.close()


def test_a_prefilled_question_leaves_only_its_end_to_read(agent_of):
    agent = agent_of(SOUND, persona="")

    async def scene():
        await agent.prefill("what is that sound")
        before = agent.evaluated_tokens
        await answer(agent, "what is that sound")
        # The mark that ends the question, the assistant's line, the reply, and one token more.
        assert agent.evaluated_tokens - before <= len("|\n|assistant\n") + len("Sound.") + 2

    asyncio.run(scene())


# -- the desk ------------------------------------------------------------------------------


def test_the_newer_of_two_equals_has_the_desk():
    async def scene():
        desk = Desk()
        old = await desk.take(Priority.PREFILL)
        new = await desk.take(Priority.PREFILL)
        assert old is not None
        assert new is not None
        assert old.stopped
        assert not new.stopped
        desk.leave(old)
        assert await desk.take(Priority.SUMMARY) is None
        desk.promote(old, Priority.COMMIT)
        desk.promote(new, Priority.COMMIT)
        assert await desk.take(Priority.SPECULATION) is None
        desk.clear()
        desk.clear()
        assert new.stopped
        assert await desk.take(Priority.SUMMARY) is not None

    asyncio.run(scene())


def test_whoever_was_overtaken_while_waiting_is_told():
    class Slow(Stop):
        async def make_way(self) -> None:
            await asyncio.sleep(0.01)

    async def scene():
        desk = Desk()
        desk._holder = Slow()
        both = asyncio.gather(desk.take(Priority.PREFILL), desk.take(Priority.COMMIT))
        first, second = await both
        assert first is None
        assert second is not None

    asyncio.run(scene())
