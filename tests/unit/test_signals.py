"""What signals mean to a process without a terminal, and to one with."""

from __future__ import annotations

import os
import pty
import signal
import subprocess
import sys

import pytest

PROGRAM = """
import asyncio, os, signal, sys
from xtalk_edge.cli.signals import ending_on_sigterm, ignore_sighup, reloading_on_sighup

async def main():
    asked = asyncio.Event()
    with ending_on_sigterm(), reloading_on_sighup(asked.set):
        os.kill(os.getpid(), signal.SIGHUP)
        await asked.wait()
        print("reloads")
        os.kill(os.getpid(), signal.SIGTERM)
        await asyncio.sleep(60)
    print("ended in good order")

asyncio.run(main())
ignore_sighup()
os.kill(os.getpid(), signal.SIGHUP)
print("outlives a late one")
"""


def test_without_a_terminal_sighup_asks_for_the_settings() -> None:
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM],
        capture_output=True,
        text=True,
        start_new_session=True,
        timeout=60,
        check=False,
    )
    assert done.stdout.splitlines() == ["reloads", "ended in good order", "outlives a late one"]
    assert done.returncode == 0, done.stderr


@pytest.mark.timeout(60)
def test_a_terminal_that_goes_away_ends_it() -> None:
    child, terminal = pty.fork()
    if child == 0:
        os.execv(sys.executable, [sys.executable, "-c", PROGRAM])
    try:
        _, status = os.waitpid(child, 0)
    finally:
        os.close(terminal)
    assert os.waitstatus_to_exitcode(status) == -signal.SIGHUP
