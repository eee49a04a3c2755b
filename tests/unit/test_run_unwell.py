"""A program that has given up ends, also where a thread of its own would never let it."""

from __future__ import annotations

import subprocess
import sys

from xtalk_edge.errors import ConfigError, EngineError, ModelError, UnwellError

PROGRAM = """
import asyncio, threading
from xtalk_edge.cli import run
from xtalk_edge.errors import UnwellError

run.CLOSING_LIMIT_S = 0.2

class Deaf:
    async def run(self):
        raise UnwellError("capture: no sound has come; a fresh start may help")

async def live():
    try:
        await run._run_to_the_end(Deaf())
    finally:
        threading.Event().wait()

asyncio.run(live())
"""


def test_it_ends_with_a_code_that_a_service_manager_starts_again() -> None:
    ended = subprocess.run([sys.executable, "-c", PROGRAM], timeout=60, check=False)
    assert ended.returncode == UnwellError.exit_code
    never_again = {error.exit_code for error in (ConfigError, ModelError, EngineError)}
    assert ended.returncode not in {0, *never_again}
