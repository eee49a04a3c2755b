"""Tests that are coroutine functions, as plain ones: on the real clock, or on one of their own."""

from __future__ import annotations

import asyncio
import functools
from collections.abc import Callable, Coroutine
from typing import ParamSpec

from xtalk_edge.clock import run_virtual

P = ParamSpec("P")
Test = Callable[P, Coroutine[object, object, None]]


def in_real_time(test: Test[P]) -> Callable[P, None]:
    """Let it take as long as it takes: it uses real sockets or processes."""

    @functools.wraps(test)
    def run(*args: P.args, **kwargs: P.kwargs) -> None:
        asyncio.run(test(*args, **kwargs))

    return run


def on_virtual_clock(test: Test[P]) -> Callable[P, None]:
    """Let it wait for nothing: its clock jumps to whatever is due next."""

    @functools.wraps(test)
    def run(*args: P.args, **kwargs: P.kwargs) -> None:
        run_virtual(test(*args, **kwargs))

    return run
