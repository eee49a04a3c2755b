"""A connection that is there before it is needed, on a clock that jumps."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Iterator
from typing import Any, cast

import pytest

from xtalk_edge.clock import run_virtual
from xtalk_edge.engines.xai.line import Line
from xtalk_edge.engines.xai.warm_line import WARM_S, Query, WarmLine
from xtalk_edge.errors import UplinkError, UplinkLostError
from xtalk_edge.net.border import BORDER
from xtalk_edge.tasks import TaskOwner

EVE: Query = {"voice": "eve"}
ARA: Query = {"voice": "ara"}
MOST_AGE_S = 300.0


class Connection:
    """What a `Line` is to a `WarmLine`."""

    def __init__(self, query: Query) -> None:
        self.query = query
        self.idle = self.alive = True
        self.left = False
        self._born_s = asyncio.get_running_loop().time()

    @property
    def age_s(self) -> float:
        return asyncio.get_running_loop().time() - self._born_s

    async def is_idle(self) -> bool:
        return self.idle

    async def is_alive(self, within_s: float) -> bool:
        await asyncio.sleep(0.01)
        return self.alive

    def leave(self, tasks: TaskOwner) -> None:
        self.left = True


class Room:
    """A `WarmLine` and the connections it made."""

    def __init__(self) -> None:
        self.made: list[Connection] = []
        self.error: UplinkError | None = None
        self.tasks = TaskOwner()
        self.line = WarmLine(self._open, "text", self.tasks, MOST_AGE_S)

    async def _open(self, query: Query) -> Line:
        await asyncio.sleep(0.2)
        if self.error is not None:
            raise self.error
        self.made.append(Connection(query))
        return cast("Line", self.made[-1])

    @property
    def open(self) -> list[Connection]:
        return [each for each in self.made if not each.left]


Scene = Callable[[Room], Coroutine[Any, Any, None]]


def play(scene: Scene) -> None:
    async def run() -> None:
        room = Room()
        try:
            await scene(room)
        finally:
            await room.tasks.aclose()

    run_virtual(run())


@pytest.fixture(autouse=True)
def online() -> Iterator[None]:
    yield
    BORDER.offline = False


def test_it_is_there_when_it_is_taken():
    async def scene(room: Room) -> None:
        room.line.warm(EVE)
        await asyncio.sleep(1)
        began_s = asyncio.get_running_loop().time()
        assert await room.line.take(EVE) is cast("Line", room.made[0])
        assert asyncio.get_running_loop().time() == began_s

    play(scene)


def test_one_that_is_being_made_is_waited_for():
    async def scene(room: Room) -> None:
        room.line.warm(EVE)
        await asyncio.sleep(0.1)
        await room.line.take(EVE)
        assert asyncio.get_running_loop().time() == pytest.approx(0.2)
        assert len(room.made) == 1

    play(scene)


def test_without_one_it_is_made():
    async def scene(room: Room) -> None:
        await room.line.take(EVE)
        assert len(room.made) == 1
        room.error = UplinkLostError("gone")
        with pytest.raises(UplinkLostError):
            await room.line.take(EVE)

    play(scene)


def test_one_that_was_given_back_is_taken_again():
    async def scene(room: Room) -> None:
        line = await room.line.take(EVE)
        room.line.give_back(line, EVE)
        assert await room.line.take(EVE) is line

    play(scene)


def test_of_two_the_one_that_was_used_last_is_kept():
    async def scene(room: Room) -> None:
        line = await room.line.take(EVE)
        room.line.warm(EVE)
        await asyncio.sleep(1)
        room.line.give_back(line, EVE)
        assert len(room.made) == 2
        assert [cast("Line", each) for each in room.open] == [line]

    play(scene)


def test_one_for_something_else_is_of_no_use():
    async def scene(room: Room) -> None:
        room.line.warm(EVE)
        await asyncio.sleep(1)
        room.line.warm(ARA)
        await asyncio.sleep(1)
        assert [each.query for each in room.open] == [ARA]
        await room.line.take(EVE)
        assert [each.query for each in room.open] == [EVE]

    play(scene)


def test_a_wish_that_changes_while_one_is_made():
    async def scene(room: Room) -> None:
        room.line.warm(EVE)
        await asyncio.sleep(0.1)
        room.line.warm(ARA)
        await asyncio.sleep(1)
        assert [each.query for each in room.made] == [ARA]

    play(scene)


def test_one_with_something_left_over_is_dropped():
    async def scene(room: Room) -> None:
        room.line.give_back(await room.line.take(EVE), EVE)
        room.made[0].idle = False
        await room.line.take(EVE)
        assert room.made[0].left
        assert len(room.made) == 2

    play(scene)


def test_it_is_renewed_before_it_is_old():
    async def scene(room: Room) -> None:
        room.line.warm(EVE)
        for _ in range(int(WARM_S) - 60):
            await asyncio.sleep(1)
            assert all(each.age_s < MOST_AGE_S for each in room.open)
        assert len(room.made) > 1
        assert len(room.open) == 1

    play(scene)


def test_one_that_became_old_in_use_is_not_used_again():
    async def scene(room: Room) -> None:
        line = await room.line.take(EVE)
        await asyncio.sleep(MOST_AGE_S)
        room.line.give_back(line, EVE)
        assert await room.line.take(EVE) is not line

    play(scene)


def test_one_that_died_unnoticed_is_replaced():
    async def scene(room: Room) -> None:
        room.line.warm(EVE)
        await asyncio.sleep(1)
        room.made[0].alive = False
        await asyncio.sleep(40)
        assert room.made[0].left
        assert len(room.open) == 1

    play(scene)


def test_a_device_that_is_left_alone_leaves_the_service_alone():
    async def scene(room: Room) -> None:
        room.line.warm(EVE)
        await asyncio.sleep(WARM_S + 60)
        made = len(room.made)
        assert not room.open
        await asyncio.sleep(24 * 3_600)
        assert len(room.made) == made
        await room.line.take(EVE)
        assert len(room.open) == 1

    play(scene)


def test_offline_no_connection_is_kept():
    async def scene(room: Room) -> None:
        room.line.warm(EVE)
        await asyncio.sleep(1)
        BORDER.offline = True
        await asyncio.sleep(60)
        assert not room.open

    play(scene)


def test_a_failure_beside_is_nobodys_error():
    async def scene(room: Room) -> None:
        room.error = UplinkLostError("gone")
        room.line.warm(EVE)
        await asyncio.sleep(1)
        room.error = None
        await room.line.take(EVE)
        assert len(room.made) == 1
        room.tasks.raise_failure()

    play(scene)


def test_ending_it_all_ends_the_connection():
    async def scene(room: Room) -> None:
        room.line.warm(EVE)
        await asyncio.sleep(1)
        await room.tasks.aclose()
        assert not room.open

    play(scene)
