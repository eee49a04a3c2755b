"""A blocking engine's thread, in real time and inline in virtual time."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Coroutine, Iterator
from typing import Any

import pytest

from xtalk_edge.clock import run_virtual
from xtalk_edge.engines.worker import ITEMS_AHEAD, Worker
from xtalk_edge.errors import EngineError

Run = Callable[[Coroutine[Any, Any, Any]], Any]


@pytest.fixture(params=[asyncio.run, run_virtual], ids=["real", "virtual"])
def run(request: pytest.FixtureRequest) -> Run:
    runner: Run = request.param
    return runner


@pytest.fixture
def worker() -> Iterator[Worker]:
    worker = Worker("engine")
    yield worker
    worker.close()


class Items:
    """A blocking iterator that says what happened to it."""

    def __init__(self, count: int, fail: bool = False) -> None:
        self._count, self._fail = count, fail
        self.made = 0
        self.closed = threading.Event()
        self.far_ahead = threading.Event()
        self.threads: set[str] = set()

    def make(self) -> Iterator[int]:
        try:
            for item in range(self._count):
                self.threads.add(threading.current_thread().name)
                self.made += 1
                if self.made == ITEMS_AHEAD + 2:
                    self.far_ahead.set()
                yield item
            if self._fail:
                raise ValueError("broke")
        finally:
            self.closed.set()


def test_a_call_returns_and_raises(run: Run, worker: Worker) -> None:
    async def main() -> None:
        assert await worker.run(divmod, 7, 2) == (3, 1)
        assert await worker.run(int, "11", base=2) == 3
        with pytest.raises(ZeroDivisionError):
            await worker.run(divmod, 7, 0)
        assert await worker.run(divmod, 7, 2) == (3, 1)

    run(main())


def test_calls_leave_the_loop_free_in_real_time_and_run_inline_in_virtual_time() -> None:
    async def thread_name(worker: Worker) -> str:
        return (await worker.run(threading.current_thread)).name

    for runner, expected in ((asyncio.run, "engine"), (run_virtual, "MainThread")):
        worker = Worker("engine")
        assert runner(thread_name(worker)).startswith(expected)
        worker.close()


def test_calls_run_one_after_another(worker: Worker) -> None:
    inside = 0
    worst = 0

    def call() -> None:
        nonlocal inside, worst
        inside += 1
        worst = max(worst, inside)
        threading.Event().wait(0.002)
        inside -= 1

    async def main() -> None:
        await asyncio.gather(*(worker.run(call) for _ in range(8)))

    asyncio.run(main())
    assert worst == 1


def test_a_cancelled_call_that_waits_never_runs(worker: Worker) -> None:
    ran: list[str] = []

    async def main() -> None:
        gate = threading.Event()
        first = asyncio.ensure_future(worker.run(gate.wait))
        second = asyncio.ensure_future(worker.run(ran.append, "second"))
        await asyncio.sleep(0)
        second.cancel()
        await asyncio.sleep(0)  # the task hears of it with the loop's next turn
        gate.set()
        assert await first
        with pytest.raises(asyncio.CancelledError):
            await second
        await worker.run(ran.append, "third")

    asyncio.run(main())
    assert ran == ["third"]


def test_a_stream_gives_every_item_in_order(run: Run, worker: Worker) -> None:
    items = Items(3 * ITEMS_AHEAD)

    async def main() -> list[int]:
        return [item async for item in worker.stream(items.make)]

    assert run(main()) == list(range(3 * ITEMS_AHEAD))
    assert items.closed.is_set()


def test_a_stream_of_a_list_needs_no_closing(run: Run, worker: Worker) -> None:
    async def main() -> list[int]:
        return [item async for item in worker.stream(lambda: [1, 2])]

    assert run(main()) == [1, 2]


def test_a_stream_raises_after_what_came_before(run: Run, worker: Worker) -> None:
    got: list[int] = []

    async def main() -> None:
        async for item in worker.stream(Items(2, fail=True).make):
            got.append(item)

    with pytest.raises(ValueError, match="broke"):
        run(main())
    assert got == [0, 1]


def test_closing_a_stream_closes_the_blocking_one(run: Run, worker: Worker) -> None:
    items = Items(10_000)

    async def main() -> None:
        stream = worker.stream(items.make)
        assert await anext(stream) == 0
        await stream.aclose()  # type: ignore[attr-defined] # async generators can be closed
        await worker.run(lambda: None)

    run(main())
    assert items.closed.is_set()
    assert items.made <= ITEMS_AHEAD + 2


def test_cancelling_the_reader_closes_the_blocking_one(worker: Worker) -> None:
    items = Items(1)
    begun = threading.Event()

    def slow() -> Iterator[int]:
        begun.set()
        items.closed.wait(0.01)
        yield from items.make()
        items.closed.wait()

    async def main() -> None:
        async def read() -> None:
            async for _ in worker.stream(slow):
                pass

        task = asyncio.ensure_future(read())
        await asyncio.to_thread(begun.wait)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        await worker.run(lambda: None)

    asyncio.run(main())
    assert items.closed.is_set()


def test_a_stream_closed_before_its_turn_never_begins(worker: Worker) -> None:
    items = Items(3)
    gate = threading.Event()

    async def main() -> None:
        first = asyncio.ensure_future(worker.run(gate.wait))
        stream = worker.stream(items.make)
        reader = asyncio.ensure_future(anext(stream))
        await asyncio.sleep(0)
        reader.cancel()
        await asyncio.gather(reader, return_exceptions=True)
        gate.set()
        await first
        await worker.run(lambda: None)

    asyncio.run(main())
    assert items.made == 0


def test_an_error_after_the_reader_left_is_not_a_bug_report(
    worker: Worker, caplog: pytest.LogCaptureFixture
) -> None:
    gate = threading.Event()

    def fails_late() -> Iterator[int]:
        yield 1
        gate.wait()
        raise ValueError("nobody is listening")

    async def main() -> None:
        stream = worker.stream(fails_late)
        assert await anext(stream) == 1
        await stream.aclose()  # type: ignore[attr-defined] # async generators can be closed
        gate.set()
        await worker.run(lambda: None)
        await asyncio.sleep(0)

    asyncio.run(main())
    assert caplog.records == []


def test_the_blocking_one_runs_ahead_only_so_far(worker: Worker) -> None:
    items = Items(10 * ITEMS_AHEAD)

    async def main() -> None:
        stream = worker.stream(items.make)
        await anext(stream)
        await asyncio.to_thread(items.far_ahead.wait, 5)
        await stream.aclose()  # type: ignore[attr-defined] # async generators can be closed

    asyncio.run(main())
    assert items.made == ITEMS_AHEAD + 2


def test_a_loop_that_ended_first_does_not_hurt_the_thread() -> None:
    worker = Worker("engine")
    gate = threading.Event()
    done = threading.Event()

    def waits() -> Iterator[int]:
        try:
            yield 1
            gate.wait()
            yield 2
        finally:
            done.set()

    async def main() -> None:
        async for _ in worker.stream(waits):
            break

    asyncio.run(main())
    gate.set()
    assert done.wait(5)
    worker.close()


def test_a_closed_worker_refuses_in_a_sentence(run: Run) -> None:
    async def main() -> None:
        worker = Worker("ears")
        worker.close()
        with pytest.raises(EngineError, match="ears is closed"):
            await worker.run(int)
        with pytest.raises(EngineError, match="ears is closed"):
            await anext(worker.stream(list[int]))

    run(main())


def test_closing_ends_a_running_stream() -> None:
    worker = Worker("engine")
    items = Items(1_000_000)

    async def main() -> None:
        stream = worker.stream(items.make)
        await anext(stream)
        await asyncio.to_thread(worker.close)
        with pytest.raises(EngineError, match="engine is closed"):
            async for _ in stream:
                pass

    asyncio.run(main())
    assert items.closed.is_set()


def test_closing_ends_what_waits_for_its_turn() -> None:
    worker = Worker("engine")
    gate = threading.Event()
    items = Items(3)

    async def read() -> None:
        async for _ in worker.stream(items.make):
            pass

    async def main() -> None:
        running = asyncio.ensure_future(worker.run(gate.wait))
        waiting = [asyncio.ensure_future(worker.run(int)), asyncio.ensure_future(read())]
        await asyncio.sleep(0)
        closing = asyncio.ensure_future(asyncio.to_thread(worker.close))
        for task in waiting:
            with pytest.raises(EngineError, match="engine is closed"):
                await task
        gate.set()
        assert await running
        await closing

    asyncio.run(main())
    assert items.made == 0
