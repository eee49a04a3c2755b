"""What a process holds is counted, and compared over a long time."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any

import pytest

from xtalk_edge.cli.bench.holdings import Kept, course, kept_now, middle_mb, most, slope_mb

KEPT = Kept(tasks=30, files=35, threads=15, memory_mb=240.0)
STEADY = course([0.0, 1.0], [KEPT, KEPT])


@pytest.mark.parametrize(
    ("change", "steady"),
    [
        ({"last_mb": 251.0}, True),
        ({"last_mb": 253.0}, False),
        ({"last_mb": 200.0}, True),
        ({"last": replace(KEPT, tasks=31)}, False),
        ({"last": replace(KEPT, files=36)}, False),
        ({"last": replace(KEPT, threads=16)}, False),
        ({"last": replace(KEPT, tasks=1)}, True),
    ],
)
def test_nothing_may_become_more_and_memory_hardly(change: dict[str, Any], steady: bool) -> None:
    assert replace(STEADY, **change).steady is steady


def test_the_last_tenth_is_compared_with_the_second() -> None:
    looks = [replace(KEPT, memory_mb=200.0 + number) for number in range(40)]
    found = course([float(number) for number in range(40)], looks)
    assert (found.first.memory_mb, found.settled.memory_mb, found.last.memory_mb) == (203, 207, 239)
    assert (found.settled_mb, found.last_mb, found.slope_mb) == (205.5, 237.5, 1.0)
    assert list(found.table("a day"))[-1] == "memory, median: 205.5 MB -> 237.5 MB, +1.000 MB a day"


def test_what_is_held_is_compared() -> None:
    looks = [replace(KEPT, memory_mb=240.0 + 2 * day, tasks=30 + day % 2) for day in range(5)]
    assert most(looks) == Kept(tasks=31, files=35, threads=15, memory_mb=248.0)
    assert middle_mb(looks) == 244.0
    assert slope_mb([0.0, 1.0, 2.0, 3.0, 4.0], looks) == 2.0
    assert (most([]), middle_mb([]), slope_mb([1.0], looks[:1])) == (Kept(0, 0, 0, 0.0), 0.0, 0.0)


def test_what_is_held_now_is_counted() -> None:
    async def go() -> Kept:
        return kept_now()

    held = asyncio.run(go())
    assert held.tasks == 1
    assert held.files >= 3
    assert held.threads >= 1
    assert held.memory_mb > 10
