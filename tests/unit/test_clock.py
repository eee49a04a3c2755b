"""Virtual time jumps over waiting and stands still during work; real time is monotonic."""

import asyncio
import datetime
import threading
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from xtalk_edge.clock import (
    A_MORNING,
    is_virtual,
    now_s,
    run_virtual,
    standing_still,
    wall_now,
)

NOON = datetime.datetime(2026, 3, 29, 12, 0, tzinfo=datetime.UTC)


def test_virtual_time_jumps_over_waiting() -> None:
    async def main() -> float:
        assert now_s() == 0.0
        await asyncio.sleep(86_400.0 * 40)
        return now_s()

    started_s = time.monotonic()
    assert run_virtual(main()) == pytest.approx(86_400.0 * 40)
    assert time.monotonic() - started_s < 5.0


def test_virtual_time_stands_still_during_work() -> None:
    async def main() -> None:
        sum(range(100_000))
        for _ in range(10):
            await asyncio.sleep(0)
        assert now_s() == 0.0

    run_virtual(main())


@settings(deadline=None)
@given(st.lists(st.floats(0.0, 1e5), min_size=1, max_size=20))
@pytest.mark.slow
def test_sleepers_wake_in_order_and_never_early(delays_s: list[float]) -> None:
    async def main() -> None:
        woke: list[tuple[float, float]] = []

        async def sleeper(delay_s: float) -> None:
            await asyncio.sleep(delay_s)
            woke.append((delay_s, now_s()))

        async with asyncio.TaskGroup() as tasks:
            for delay_s in delays_s:
                tasks.create_task(sleeper(delay_s))
        for delay_s, at_s in woke:
            assert at_s == pytest.approx(delay_s, abs=1e-6)
        asked_s = [delay_s for delay_s, _ in woke if delay_s > 0.0]
        assert asked_s == pytest.approx(sorted(asked_s), abs=1e-6)

    run_virtual(main())


def test_two_virtual_runs_of_the_same_work_are_the_same() -> None:
    async def main() -> list[tuple[str, float]]:
        order: list[tuple[str, float]] = []

        async def ticker(name: str, every_s: float) -> None:
            for _ in range(20):
                await asyncio.sleep(every_s)
                order.append((name, now_s()))

        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(ticker("a", 0.1))
            tasks.create_task(ticker("b", 0.1))
            tasks.create_task(ticker("c", 0.025))
        return order

    assert run_virtual(main()) == run_virtual(main())


def test_a_virtual_loop_without_timers_waits_for_other_threads() -> None:
    async def main() -> str:
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[str] = loop.create_future()
        thread = threading.Thread(
            target=loop.call_soon_threadsafe, args=(answer.set_result, "from a thread")
        )
        thread.start()
        try:
            return await answer
        finally:
            thread.join()

    assert run_virtual(main()) == "from a thread"


def test_a_virtual_loop_watches_pipes() -> None:
    async def main() -> bytes:
        server = await asyncio.start_server(echo, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"hello\n")
        line = await reader.readline()
        writer.close()
        await writer.wait_closed()
        server.close()
        await server.wait_closed()
        return line

    async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(await reader.readline())
        await writer.drain()
        writer.close()

    assert run_virtual(main()) == b"hello\n"


def test_the_wall_clock_goes_on_with_virtual_time() -> None:
    async def main() -> datetime.datetime:
        assert is_virtual()
        await asyncio.sleep(3600.0)
        return wall_now()

    assert run_virtual(main(), started_at=NOON) == NOON + datetime.timedelta(hours=1)


def test_virtual_time_begins_at_the_same_moment_always() -> None:
    async def main() -> datetime.datetime:
        return wall_now()

    assert run_virtual(main()) == run_virtual(main()) == A_MORNING


def test_real_time_inside_and_outside_a_loop() -> None:
    async def main() -> tuple[float, datetime.datetime]:
        assert not is_virtual()
        return now_s(), wall_now()

    before_s = now_s()
    during_s, wall = asyncio.run(main())
    assert before_s <= during_s <= now_s()
    assert wall.tzinfo is not None
    assert abs(wall_now() - wall) < datetime.timedelta(seconds=60)
    assert wall_now().tzinfo is not None
    assert not is_virtual()


def test_an_error_in_virtual_time_is_raised_to_the_caller() -> None:
    async def main() -> None:
        await asyncio.sleep(1.0)
        raise ValueError("as in real time")

    with pytest.raises(ValueError, match="as in real time"):
        run_virtual(main())


def test_virtual_time_stands_still_while_another_machine_is_waited_for() -> None:
    async def main() -> tuple[float, float]:
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[None] = loop.create_future()
        late = loop.call_later(60.0, answer.cancel)
        threading.Timer(0.05, loop.call_soon_threadsafe, [answer.set_result, None]).start()
        with standing_still():
            await answer
        waited_s = now_s()
        late.cancel()
        await asyncio.sleep(1.0)
        return waited_s, now_s()

    assert run_virtual(main()) == (0.0, 1.0)


def test_real_time_never_stands_still() -> None:
    async def main() -> float:
        began_s = now_s()
        with standing_still():
            await asyncio.sleep(0.01)
        return now_s() - began_s

    assert asyncio.run(main()) > 0.0
