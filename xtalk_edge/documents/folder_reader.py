"""Takes a folder in by a process of its own, which can be held up at any time.

Reading a thick PDF keeps Python busy for minutes, and a broken one may take a gigabyte: neither is
to happen in the process that listens.
"""

from __future__ import annotations

import asyncio
import contextlib
import ctypes
import json
import os
import signal
import sys
from asyncio.subprocess import DEVNULL, PIPE, Process
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from xtalk_edge.clock import is_virtual
from xtalk_edge.config.places import StoreConfig
from xtalk_edge.config.schema import Config, EmbeddingsConfig
from xtalk_edge.documents.intake import Outcome, take_in
from xtalk_edge.documents.library import open_library
from xtalk_edge.errors import EdgeError

_CHILD = (
    "import sys; sys.path[:] = sys.argv[1:]; "
    "from xtalk_edge.documents.folder_reader import main; main()"
)

_LEAST_URGENT = 19
_PR_SET_PDEATHSIG = 1


@dataclass(frozen=True, slots=True)
class Summary:
    """What became of a folder's files."""

    taken: int = 0
    """New and changed ones."""
    removed: int = 0
    problems: tuple[str, ...] = ()
    """A sentence for each that could not be read."""


class FolderReader:
    """Reads one folder for the appliance of some settings."""

    def __init__(self, config: Config, folder: Path) -> None:
        self._settings = {
            "folder": str(folder),
            "state_dir": str(config.store.folder()),
            "embeddings": {
                "type": config.embeddings.type,
                "isolation": config.embeddings.isolation,
                "params": config.embeddings.params,
            },
        }
        self._process: Process | None = None
        self._held = False

    async def read(self) -> Summary:
        """Take the folder in; returns when all is done. Inline in virtual time.

        Raises:
            EdgeError: it could not be done.
        """
        if is_virtual():
            return take_folder(self._settings)
        process = self._process = await asyncio.create_subprocess_exec(
            sys.executable, "-c", _CHILD, *sys.path,
            stdin=PIPE, stdout=PIPE, stderr=DEVNULL, process_group=0,
        )  # fmt: skip
        if self._held:
            self.hold()
        try:
            # Not on the command line, which everybody may read: an engine may need a secret.
            output, _ = await process.communicate(json.dumps(self._settings).encode())
        finally:
            self._process = None
            if process.returncode is None:
                process.kill()
                await process.wait()
        return _summary(output, process.returncode or 0)

    def hold(self) -> None:
        """Let it stand still."""
        self._held = True
        self._signal(signal.SIGSTOP)

    def go_on(self) -> None:
        """Let it go on."""
        self._held = False
        self._signal(signal.SIGCONT)

    def _signal(self, number: int) -> None:
        if self._process is not None:
            # It may just have ended.
            with contextlib.suppress(ProcessLookupError):
                self._process.send_signal(number)


def _summary(output: bytes, code: int) -> Summary:
    try:
        found = json.loads(output)
    except ValueError as error:
        raise EdgeError(
            f"the folder of documents was not read (its process ended with {code}); "
            "see what xtalk-edge docs add says of it"
        ) from error
    if "error" in found:
        raise EdgeError(found["error"])
    return Summary(found["taken"], found["removed"], tuple(found["problems"]))


def take_folder(settings: dict[str, Any]) -> Summary:
    """Take a folder in, in this process; raises EdgeError."""
    config = Config(
        store=StoreConfig(settings["state_dir"]),
        embeddings=EmbeddingsConfig(**settings["embeddings"]),
    )
    with open_library(config) as library:
        taken = list(take_in(library, [Path(settings["folder"])]))
        for _ in library.complete():
            pass
    outcomes = [each.outcome for each in taken]
    return Summary(
        outcomes.count(Outcome.ADDED) + outcomes.count(Outcome.CHANGED),
        outcomes.count(Outcome.REMOVED),
        tuple(each.problem for each in taken if each.problem),
    )


def main() -> None:
    """Do as standard input says, and tell in JSON what came of it; in the child."""
    # Whoever stops it may be killed himself, and nobody would let it go on.
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    os.nice(_LEAST_URGENT)
    try:
        found: dict[str, Any] = asdict(take_folder(json.load(sys.stdin)))
    except EdgeError as error:
        found = {"error": str(error)}
    sys.stdout.write(json.dumps(found))
