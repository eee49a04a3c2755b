"""Under strain a model does with half its threads and half its context, and answers as before."""

from __future__ import annotations

import asyncio

import pytest

from tests import tiny_gguf
from tests.unit.agent.parts import SOUND, answer
from xtalk_edge.clock import run_virtual
from xtalk_edge.engines.agent import thrift
from xtalk_edge.engines.agent.abort import AbortFlag
from xtalk_edge.engines.agent.llama import LlamaAgent
from xtalk_edge.engines.agent.llama_model import LlamaModel
from xtalk_edge.engines.agent.seat import AgentSeat
from xtalk_edge.engines.hosting import Hosted
from xtalk_edge.engines.isolated_agent import IsolatedAgent
from xtalk_edge.engines.worker import Worker


@pytest.fixture
def path(tmp_path):
    return tiny_gguf.scripted(tmp_path / "m.gguf", SOUND)


@pytest.fixture(autouse=True)
def _small_is_worth_it(monkeypatch):
    monkeypatch.setattr(thrift, "WORTH_BYTES", 1)


def test_threads_and_context_are_halved_and_come_back(path):
    async def go():
        agent = LlamaAgent(str(path), threads=2, context_tokens=1024)
        model = agent._model
        try:
            assert agent.economies() == ("threads", "context")
            assert await answer(agent) == list("Sound.")
            agent.economise("threads", "context")
            await asyncio.sleep(0)
            assert (model.threads, model.context_tokens) == (1, 512)
            assert await answer(agent) == list("Sound.")
            assert len(agent.history()) == 4, "nothing is forgotten"
            agent.economise("threads")
            await asyncio.sleep(0)
            assert (model.threads, model.context_tokens) == (1, 1024)
            agent.economise()
            await asyncio.sleep(0)
            assert (model.threads, model.context_tokens) == (2, 1024)
            assert await answer(agent) == list("Sound.")
        finally:
            agent.close()

    run_virtual(go())


def test_what_does_not_help_is_not_offered(path, monkeypatch):
    agent = LlamaAgent(str(path), threads=1, context_tokens=512, persona="Be kind.")
    assert agent.economies() == ("context",)
    agent.close()
    agent = LlamaAgent(str(path), threads=1, context_tokens=512, persona="Be kind. " * 20)
    assert agent.economies() == (), "a question would not fit half of it"
    agent.close()
    monkeypatch.setattr(thrift, "WORTH_BYTES", 1 << 40)
    agent = LlamaAgent(str(path), threads=3)
    assert agent.economies() == ("threads",)
    agent.close()


def test_an_answer_under_way_is_not_disturbed(path):
    async def go():
        agent = LlamaAgent(str(path), threads=2, context_tokens=1024)
        try:
            pieces = agent.commit("hello")
            said = [await anext(pieces)]
            agent.economise("context")
            await asyncio.sleep(0.05)
            assert agent._model.context_tokens == 1024
            said += [piece async for piece in pieces]
            assert said == list("Sound.")
            async with asyncio.timeout(10):
                await asyncio.gather(*agent._tasks._tasks)
            assert agent._model.context_tokens == 512
        finally:
            agent.close()

    asyncio.run(go())


def test_a_resized_model_reads_as_before(path):
    model = LlamaModel(path, context_tokens=512, threads=1)
    tokens = model.tokenize("Sound")
    assert model.evaluate(tokens, AbortFlag())
    before = model.logits()
    model.resize(256)
    assert (model.tokens, model.context_tokens) == ([], 256)
    assert model.evaluate(tokens, AbortFlag())
    assert (model.logits() == before).all()
    assert model.token_bytes == 2 * 2 * 288
    model.close()


def test_a_successor_is_as_thrifty(path):
    async def go():
        seat = AgentSeat(Hosted(LlamaAgent(str(path), threads=2), Worker("a")), lambda _: None)
        seat.economise("threads")
        second = LlamaAgent(str(path), threads=2)
        before = seat.exchange(await seat.fitted(Hosted(second, Worker("b"))))
        await before.aclose()
        await asyncio.sleep(0)
        assert second._model.threads == 1
        await seat.aclose()

    run_virtual(go())


@pytest.mark.slow
def test_an_agent_in_a_process_of_its_own_can_be_thrifty(path):
    async def go():
        agent = IsolatedAgent("llama", {"model": str(path), "threads": 2})
        try:
            assert agent.economies() == ("threads",)
            agent.economise("threads")
            assert await answer(agent) == list("Sound.")
        finally:
            agent.close()

    asyncio.run(go())
