"""Tasks end with their owner, and no failure is lost."""

import asyncio

import pytest

from xtalk_edge.clock import now_s, run_virtual
from xtalk_edge.tasks import TaskOwner


def test_a_task_runs_under_its_name_and_gives_its_result() -> None:
    async def main() -> None:
        owner = TaskOwner()

        async def work() -> int:
            return 7

        task = owner.start(work(), "seven")
        assert task.get_name() == "seven"
        assert await task == 7
        owner.raise_failure()
        assert not owner.failed.is_set()
        await owner.aclose()

    run_virtual(main())


def test_the_first_failure_is_kept() -> None:
    async def fail(after_s: float, error: Exception) -> None:
        await asyncio.sleep(after_s)
        raise error

    async def main() -> None:
        owner = TaskOwner()
        owner.start(fail(2.0, KeyError("late")), "late")
        owner.start(fail(1.0, ValueError("early")), "early")
        await owner.failed.wait()
        assert now_s() == pytest.approx(1.0)
        await asyncio.sleep(5.0)
        with pytest.raises(ValueError, match="early"):
            owner.raise_failure()

    run_virtual(main())


def test_closing_cancels_and_waits_for_what_tasks_clean_up_and_start() -> None:
    async def main() -> None:
        owner = TaskOwner()
        ended: list[str] = []

        async def tidy(name: str, starts: bool) -> None:
            try:
                await asyncio.sleep(1000.0)
            finally:
                if starts:
                    owner.start(tidy("second", starts=False), "second")
                await asyncio.sleep(1.0)
                ended.append(name)

        owner.start(tidy("first", starts=True), "first")
        await asyncio.sleep(0.0)
        await owner.aclose()
        assert ended == ["first", "second"]
        assert len(asyncio.all_tasks()) == 1
        assert not owner.failed.is_set()

    run_virtual(main())


def test_a_failure_while_closing_is_kept_and_does_not_stop_the_closing() -> None:
    async def main() -> None:
        owner = TaskOwner()

        async def bad() -> None:
            try:
                await asyncio.sleep(1000.0)
            finally:
                raise ValueError("while closing")

        owner.start(bad(), "bad")
        await asyncio.sleep(0.0)
        await owner.aclose()
        with pytest.raises(ValueError, match="while closing"):
            owner.raise_failure()

    run_virtual(main())


def test_a_cancelled_closing_is_cancelled() -> None:
    async def main() -> None:
        owner = TaskOwner()

        async def slow_to_end() -> None:
            try:
                await asyncio.sleep(1000.0)
            finally:
                await asyncio.sleep(10.0)

        owner.start(slow_to_end(), "slow to end")
        await asyncio.sleep(0.0)
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(1.0):
                await owner.aclose()
        assert now_s() == pytest.approx(1.0)

    run_virtual(main())


def test_a_task_may_close_its_own_owner() -> None:
    async def main() -> None:
        owner = TaskOwner()
        order: list[str] = []

        async def other() -> None:
            try:
                await asyncio.sleep(1000.0)
            finally:
                order.append("other ended")

        async def closer() -> None:
            await owner.aclose()
            order.append("closed")

        owner.start(other(), "other")
        await asyncio.sleep(0.0)
        await owner.start(closer(), "closer")
        assert order == ["other ended", "closed"]

    run_virtual(main())


def test_a_task_that_loses_a_cancellation_is_cancelled_again() -> None:
    async def main() -> list[str]:
        owner = TaskOwner()
        told: list[str] = []

        async def work() -> None:
            try:
                await asyncio.sleep(1000)
            except asyncio.CancelledError:
                told.append("lost")
            await asyncio.sleep(1000)

        owner.start(work(), "deaf")
        await asyncio.sleep(0)
        await owner.aclose()
        return told

    assert run_virtual(main()) == ["lost"]
