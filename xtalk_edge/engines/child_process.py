"""A child process that holds one engine: how it is started, how it is found to have died.

A bare interpreter joined by a socket pair, not a `multiprocessing` process: that one would import
the parent's main module, command line and all, before the engine. The child ignores Ctrl-C, and
ends when its parent does, because reading the socket then fails.
"""

from __future__ import annotations

import builtins
import contextlib
import os
import signal
import socket
import subprocess
import sys
import weakref
from collections.abc import Callable
from multiprocessing.connection import Connection
from typing import ClassVar

from xtalk_edge import errors
from xtalk_edge.clock import now_s
from xtalk_edge.errors import EngineError

LOAD_TIMEOUT_S = 60.0
"""A Pi 5 with a cold card needs some 10 s for a large model; a load past this has hung."""

EXIT_GRACE_S = 2.0
"""How long a child may take to release its engine before it is killed."""

DEATHS_BORNE = 3
"""So often an engine may die without having answered a single call in between; a model that kills
its process at every call would otherwise do so for ever."""

GIVEN_UP_S = 60.0
"""So long it is left alone then; the cure may have been memory that another program gave back."""

_PROGRAM = (
    "import importlib, sys; module, fd = sys.argv[1:3]; sys.path[:] = sys.argv[3:]; "
    "importlib.import_module(module).serve(int(fd))"
)


class ChildProcess:
    """A running child and the connection to it.

    Args:
        module: its `serve(fd)` answers requests until told to end, or until the parent is gone.
        slot: what the engine is.
    """

    running: ClassVar[weakref.WeakSet[ChildProcess]] = weakref.WeakSet()
    """All of this process."""

    def __init__(self, module: str, slot: str) -> None:
        self.slot = slot
        ours, theirs = socket.socketpair()
        with theirs:
            self._process = _spawn(module, theirs.fileno())
        self.pipe = Connection(ours.detach())
        self.kill = weakref.finalize(self, _kill, self._process, self.pipe)
        """End it at once, and close the connection; once and for all."""
        self.running.add(self)

    @property
    def pid(self) -> int:
        """Its process id."""
        return self._process.pid

    @property
    def is_alive(self) -> bool:
        """Whether it is running."""
        return self._process.poll() is None

    def wait_for_end(self) -> None:
        """Give it the time to release what it holds."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(EXIT_GRACE_S)

    def stop_hanging(self) -> None:
        """End it at once; the connection stays, to find that out by."""
        self._process.kill()
        self._process.wait()

    def how_it_died(self) -> str:
        """Return by what it ended, in words."""
        self.wait_for_end()
        code = self._process.returncode
        if code is not None and code < 0:
            return f"signal {-code}, {signal.Signals(-code).name}"
        return "closed its connection" if code is None else f"exit code {code}"


class Deaths:
    """Counts how often an engine died, to tell when to leave it alone."""

    def __init__(self) -> None:
        self._count = 0
        """Since it last answered a call, or gave an item."""
        self._last_s = -GIVEN_UP_S

    def note(self) -> None:
        """Count one."""
        self._count += 1
        self._last_s = now_s()

    def forget(self) -> None:
        """Take it that all is well: it answered."""
        self._count = 0

    def check(self, engine: str) -> None:
        """Raise EngineError when it has died too often of late to be started again."""
        if self._count >= DEATHS_BORNE and now_s() - self._last_s < GIVEN_UP_S:
            raise EngineError(
                f"the {engine} died {self._count} times without doing anything; check its model "
                "files, or choose another engine"
            )


def rebuilt_error(engine: str, name: str, text: str) -> Exception:
    """Return a child's error as the same class here, or as an EngineError that names it."""
    for module in (errors, builtins):
        cls: Callable[[str], Exception] | None = getattr(module, name, None)
        if isinstance(cls, type) and issubclass(cls, Exception):
            with contextlib.suppress(TypeError):
                return cls(text)
    return EngineError(f"the {engine} failed: {name}: {text}; report this to its maker")


def _spawn(module: str, fd: int) -> subprocess.Popen[bytes]:
    # One thread for linear algebra: the engine's own thread settings decide, not a library's.
    environment = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1", **os.environ}
    return subprocess.Popen(
        [sys.executable, "-c", _PROGRAM, module, str(fd), *sys.path],
        pass_fds=(fd,),
        env=environment,
        stdin=subprocess.DEVNULL,
        # Ctrl-C goes to the terminal's foreground group, even before the child can ignore it.
        process_group=0,
    )


def _kill(process: subprocess.Popen[bytes], pipe: Connection) -> None:
    process.kill()
    process.wait()
    pipe.close()
