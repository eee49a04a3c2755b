"""How the recorder's thread waits: until it is time, or somebody asks for the last moments."""

from __future__ import annotations

import contextlib
import logging
import os
import select
import socket
from pathlib import Path

log = logging.getLogger(__name__)

ANSWER = b"written\n"

PATIENCE_S = 3.0
"""A recorder writes within milliseconds; one that does not answer by then hangs, and what it wrote
before has to do."""

_CALLERS = 4
"""Who may wait at a time; each is answered with one word and hung up on."""


class Door:
    """A socket at which somebody may ask, and a way to end the waiting. One thread waits.

    Args:
        path: of the socket; None for a recorder that nobody can ask.
    """

    def __init__(self, path: Path | None) -> None:
        self._stop_read, self._stop_write = os.pipe()
        self._listening: socket.socket | None = None
        self._path = path
        if path is not None:
            try:
                self._listening = _listen(path)
            except OSError as error:
                # It is still read, only without the last seconds.
                log.info("%s: nobody can ask the recorder: %s", path, error.strerror)

    def wait(self, seconds: float) -> list[socket.socket] | None:
        """Return who asks once somebody does, nobody after so long, None once it was stopped."""
        listening = self._listening
        doors = [self._stop_read, *([listening.fileno()] if listening else [])]
        ready, _, _ = select.select(doors, [], [], seconds)
        if self._stop_read in ready:
            return None
        if not ready or listening is None:
            return []
        with contextlib.suppress(OSError):
            return [listening.accept()[0]]
        return []

    def answer(self, callers: list[socket.socket]) -> None:
        """Tell those who asked that all is written."""
        for caller in callers:
            # Whoever asked may be gone.
            with contextlib.suppress(OSError), caller:
                caller.setblocking(False)
                caller.send(ANSWER)

    def stop(self) -> None:
        """End the waiting, from any thread."""
        os.write(self._stop_write, b"x")

    def close(self) -> None:
        """Take the socket away; nobody waits any more."""
        if self._listening is not None and self._path is not None:
            self._listening.close()
            self._path.unlink(missing_ok=True)
        os.close(self._stop_read)
        os.close(self._stop_write)


def ask(path: Path) -> bool:
    """Have a running recorder write what it has; tell whether it did."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as line:
        line.settimeout(PATIENCE_S)
        try:
            line.connect(str(path))
            return line.recv(len(ANSWER)) == ANSWER
        except OSError:
            return False


def _listen(path: Path) -> socket.socket:
    listening = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        listening.bind(str(path))
        path.chmod(0o600)
        listening.listen(_CALLERS)
        listening.setblocking(False)
    except OSError:
        listening.close()
        raise
    return listening
