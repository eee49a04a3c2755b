"""What signals mean to the live appliance."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
from collections.abc import Callable, Iterator


@contextlib.contextmanager
def ending_on_sigterm() -> Iterator[None]:
    """Leave the block in good order on SIGTERM: a service manager's way to say goodbye."""
    loop, task = asyncio.get_running_loop(), asyncio.current_task()
    assert task is not None
    asked = []

    def end() -> None:
        asked.append(True)
        task.cancel()

    loop.add_signal_handler(signal.SIGTERM, end)
    try:
        yield
    except asyncio.CancelledError:
        if not asked:
            raise
        task.uncancel()
    finally:
        loop.remove_signal_handler(signal.SIGTERM)


@contextlib.contextmanager
def reloading_on_sighup(reload: Callable[[], None]) -> Iterator[None]:
    """Call `reload` at every SIGHUP within the block, where it does not mean that a terminal went
    away.
    """
    if _has_terminal():
        yield
        return
    loop = asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGHUP, reload)
    try:
        yield
    finally:
        loop.remove_signal_handler(signal.SIGHUP)


def ignore_sighup() -> None:
    """Do not die of a SIGHUP that comes before the next program of this process heeds it.

    The settings are about to be read anyway.
    """
    if not _has_terminal():
        signal.signal(signal.SIGHUP, signal.SIG_IGN)


def _has_terminal() -> bool:
    try:
        os.close(os.open("/dev/tty", os.O_RDONLY | os.O_CLOEXEC))
    except OSError:
        return False
    return True
