import asyncio
import threading

import pytest

from xtalk_edge.clock import run_virtual
from xtalk_edge.tools.off_loop import OffLoop, StillReadingError


def test_a_read_runs_on_a_thread_of_its_own_and_inline_in_virtual_time():
    async def where():
        return await OffLoop("disk").run(threading.get_ident)

    assert asyncio.run(where()) != threading.get_ident()
    assert run_virtual(where()) == threading.get_ident()


def test_errors_come_back():
    def fail():
        raise OSError("gone")

    with pytest.raises(OSError, match="gone"):
        asyncio.run(OffLoop("disk").run(fail))


def test_a_read_that_hangs_holds_up_nobody_and_is_not_repeated():
    released, ended = threading.Event(), threading.Event()

    def hang():
        released.wait(30)
        ended.set()

    async def go():
        disk = OffLoop("disk")
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.01):
                await disk.run(hang)
        with pytest.raises(StillReadingError, match="disk does not answer"):
            await disk.run(hang)
        released.set()
        while True:
            try:
                return await disk.run(lambda: "back")
            except StillReadingError:
                await asyncio.sleep(0.001)

    assert asyncio.run(go()) == "back"
    assert ended.is_set()


def test_a_read_may_outlive_the_loop():
    released, ended = threading.Event(), threading.Event()

    def hang():
        released.wait(30)
        ended.set()

    async def go():
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.01):
                await OffLoop("disk").run(hang)

    asyncio.run(go())
    released.set()
    assert ended.wait(10)
