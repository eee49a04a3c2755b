"""A loop for engines that talk to another machine."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncGenerator, Iterator

import pytest

from xtalk_edge.engines.loop_thread import LoopThread
from xtalk_edge.errors import EngineError


@pytest.fixture
def loop() -> Iterator[LoopThread]:
    loop = LoopThread("test")
    yield loop
    loop.close()


async def forever(ended: threading.Event) -> None:
    try:
        await asyncio.Event().wait()
    finally:
        ended.set()


def test_a_coroutine_runs_on_a_thread_of_its_own(loop):
    async def where() -> str:
        return threading.current_thread().name

    assert loop.run(where(), 5.0) == "test loop"


def test_its_error_is_raised_here(loop):
    async def wrong() -> None:
        raise ValueError("wrong")

    with pytest.raises(ValueError, match="wrong"):
        loop.run(wrong(), 5.0)


def test_what_is_too_slow_is_cancelled(loop):
    ended = threading.Event()
    with pytest.raises(TimeoutError):
        loop.run(forever(ended), 0.05)
    assert ended.wait(5.0)


def test_closing_cancels_what_runs_and_ends_the_thread(loop):
    ended = threading.Event()
    future = loop.start(forever(ended))
    loop.close()
    loop.close()
    assert ended.wait(5.0)
    assert future.cancelled()
    assert "test loop" not in {each.name for each in threading.enumerate()}


def test_what_ends_may_say_goodbye(loop):
    said = threading.Event()

    async def goodbye() -> None:
        await asyncio.sleep(0.01)
        said.set()

    async def talk() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            loop.tasks.start(goodbye(), "goodbye")

    loop.start(talk())
    loop.close()
    assert said.is_set()


def test_a_closed_one_says_so(loop):
    loop.close()
    with pytest.raises(EngineError, match="test is closed"):
        loop.start(forever(threading.Event()))
    with pytest.raises(EngineError, match="test is closed"):
        loop.soon(print)


def test_whoever_waits_is_told_that_it_was_closed(loop):
    begun, told = threading.Event(), list[str]()

    async def begin() -> None:
        begun.set()
        await asyncio.Event().wait()

    def wait() -> None:
        try:
            loop.run(begin(), 10.0)
        except EngineError as error:
            told.append(str(error))

    waiter = threading.Thread(target=wait)
    waiter.start()
    assert begun.wait(5.0)
    loop.close()
    waiter.join(5.0)
    assert told == ["test is closed; start it again before using it"]


class Items:
    def __init__(self) -> None:
        self.closed = threading.Event()

    async def count(self, stuck_at: int) -> AsyncGenerator[int, None]:
        try:
            for number in range(stuck_at):
                await asyncio.sleep(0)
                yield number
            await asyncio.Event().wait()
        finally:
            self.closed.set()


def test_items_come_one_by_one_and_closing_closes(loop):
    items = Items()
    numbers = loop.iterate(items.count(9), 5.0)
    assert [next(numbers), next(numbers)] == [0, 1]
    assert not items.closed.is_set()
    numbers.close()
    assert items.closed.wait(5.0)


def test_an_item_that_does_not_come_closes_too(loop):
    items = Items()
    numbers = loop.iterate(items.count(1), 0.05)
    assert next(numbers) == 0
    with pytest.raises(TimeoutError):
        next(numbers)
    assert items.closed.wait(5.0)


def test_the_end_of_the_items_is_the_end(loop):
    async def two() -> AsyncGenerator[int, None]:
        yield 1
        yield 2

    assert list(loop.iterate(two(), 5.0)) == [1, 2]


def test_items_of_a_closed_loop_end(loop):
    numbers = loop.iterate(Items().count(9), 5.0)
    assert next(numbers) == 0
    loop.close()
    with pytest.raises(EngineError, match="closed"):
        next(numbers)
