"""An engine that gives nothing is known by name, whether it has a thread or a process."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import threading
from collections.abc import Callable, Iterator

import numpy as np
import pytest

from xtalk_edge.config.schema import TtsConfig
from xtalk_edge.engines import liveness
from xtalk_edge.engines.hosting import Hosted, hosted
from xtalk_edge.engines.isolated import IsolatedEngine
from xtalk_edge.engines.worker import ITEMS_AHEAD, Worker
from xtalk_edge.errors import EngineLostError


async def becomes(fact: Callable[[], bool]) -> None:
    """Wait for a fact that threads and processes bring about, and tell nobody of."""
    async with asyncio.timeout(20):
        while not fact():  # noqa: ASYNC110
            await asyncio.sleep(0.001)


def silent_s(name: str) -> float:
    found, seconds = liveness.slowest()
    return seconds if found == name else 0.0


def test_a_thread_at_work_is_noticed_and_one_at_rest_is_not() -> None:
    async def scene() -> None:
        worker, go_on = Worker("asr"), threading.Event()
        job = asyncio.ensure_future(worker.run(go_on.wait))
        await becomes(lambda: silent_s("asr") > 0)
        assert not worker.idle
        go_on.set()
        await job
        assert silent_s("asr") == 0.0
        assert worker.idle
        worker.close()

    asyncio.run(scene())


def test_each_item_is_a_sign_of_life_and_waiting_for_a_reader_is_no_work() -> None:
    async def scene() -> None:
        worker, made = Worker("tts"), []

        def items() -> Iterator[int]:
            for number in range(2 * ITEMS_AHEAD):
                made.append(number)
                yield number

        stream = worker.stream(items)
        assert await anext(stream) == 0
        await becomes(lambda: len(made) > ITEMS_AHEAD and not silent_s("tts"))
        assert not worker.idle
        assert [each async for each in stream] == list(range(1, 2 * ITEMS_AHEAD))
        assert worker.idle
        worker.close()

    asyncio.run(scene())


def test_what_no_turn_waits_for_may_take_its_time() -> None:
    async def scene() -> None:
        worker, go_on = Worker("captioner"), threading.Event()
        job = asyncio.ensure_future(worker.run(go_on.wait))
        await becomes(lambda: worker.busy_s() > 0)
        assert liveness.slowest() == ("", 0.0)
        go_on.set()
        await job
        worker.close()

    asyncio.run(scene())


def test_each_event_loop_answers_for_its_own() -> None:
    worker, go_on, others_end = Worker("asr"), threading.Event(), threading.Event()

    async def works() -> None:
        job = asyncio.ensure_future(worker.run(go_on.wait))
        await becomes(lambda: silent_s("asr") > 0)
        await asyncio.to_thread(others_end.wait)
        go_on.set()
        await job

    async def looks_on() -> None:
        assert worker.busy_s() > 0
        assert liveness.slowest() == ("", 0.0)

    other = threading.Thread(target=asyncio.run, args=(works(),))
    other.start()
    try:
        while not worker.busy_s():
            pass
        asyncio.run(looks_on())
    finally:
        others_end.set()
        other.join()
    worker.close()


def kill(home: Hosted, number: signal.Signals) -> None:
    os.kill(home.engine.pid, number)


@pytest.mark.slow
def test_a_process_that_died_is_found_and_started_again() -> None:
    async def scene() -> None:
        async with hosted("tts", TtsConfig(isolation="process")) as home:
            assert liveness.died() == []
            pid = home.engine.pid
            kill(home, signal.SIGKILL)
            await becomes(lambda: liveness.died() == [home])
            await home.revive()
            assert home.engine.pid != pid
            assert liveness.died() == []
            assert await home.worker.run(home.engine.synthesize, "hello")
        assert liveness.died() == []

    asyncio.run(scene())


@pytest.mark.slow
def test_a_process_that_hangs_is_ended_and_who_waits_hears_of_it() -> None:
    async def scene() -> None:
        async with hosted("tts", TtsConfig(isolation="process")) as home:
            kill(home, signal.SIGSTOP)
            call = asyncio.ensure_future(home.worker.run(home.engine.synthesize, "hello"))
            await becomes(lambda: silent_s("tts") > 0.05)
            liveness.end_hanging(3600.0)
            assert not call.done()
            liveness.end_hanging(0.01)
            with pytest.raises(EngineLostError, match="SIGKILL"):
                await call
            await home.revive()
            assert await home.worker.run(home.engine.synthesize, "hello")

    asyncio.run(scene())


@pytest.mark.slow
def test_a_recogniser_that_was_started_again_tells_that_it_has_forgotten() -> None:
    engine = IsolatedEngine("asr", "tests.scripted:ScriptedASR", {"texts": ["one", "two"]})
    with contextlib.closing(engine):
        loud = np.full(1_600, 5_000, np.int16).tobytes()
        engine.reset()
        assert engine.recognize_stream(loud) == "one"
        os.kill(engine.pid, signal.SIGKILL)
        while engine.is_alive:
            pass
        engine.revive()
        with pytest.raises(EngineLostError, match="what it knew is lost"):
            engine.recognize_stream(loud)
        # Whoever begins anew need not be told.
        engine.reset()
        assert engine.recognize_stream(loud) == "one"
