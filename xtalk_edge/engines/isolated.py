"""An engine in a child process of its own, for native code that holds the GIL or may crash.

The child is a bare interpreter joined by a socket pair, not a `multiprocessing` process: that
one would import the parent's main module, command line and all, before the engine. The child
ignores Ctrl-C, and ends when its parent does, because reading the socket then fails.
"""

from __future__ import annotations

import builtins
import contextlib
import functools
import logging
import os
import signal
import socket
import subprocess
import sys
import threading
import weakref
from collections.abc import Callable, Iterator, Mapping
from multiprocessing.connection import Connection
from typing import Any, ClassVar

from xtalk_edge import errors
from xtalk_edge.clock import now_s
from xtalk_edge.engines.foreign import SLOTS
from xtalk_edge.errors import ConfigError, EngineError, EngineLostError

log = logging.getLogger(__name__)

_CHILD = (
    "import sys; fd = int(sys.argv[1]); sys.path[:] = sys.argv[2:]; "
    "from xtalk_edge.engines.isolated_child import serve; serve(fd)"
)

LOAD_TIMEOUT_S = 60.0
"""A Pi 5 with a cold card needs some 10 s for a large model; a load past this has hung."""

CALL_TIMEOUT_S = 30.0
"""The longest call is the end of a 30 s utterance at real-time speed; later means hung."""

DEATHS_BORNE = 3
"""So often an engine may die without having answered a single call in between; a model that kills
its process at every call would otherwise do so for ever."""

GIVEN_UP_S = 60.0
"""So long it is left alone then; the cure may have been memory that another program gave back."""

REPEATED_SLOTS = frozenset(
    {"vad", "wake", "stop_word", "enhancer", "echo", "turn_detector", "embeddings"}
)
"""A call that died is made once more in these: what it would have remembered is a moment of sound.
Of a recogniser's text or a voice's sentence whoever asked has to know that it begins anew."""

_MIDWAY = frozenset({"recognize_stream", "confidence", "semantic_tag"})
"""Calls that mean what was said before."""

_SETTERS = "set_"
"""What begins so changes an engine for good, and has to be told to its successor."""

_EXIT_GRACE_S = 2.0
"""How long a child may take to release its engine before it is killed."""


class IsolatedEngine:
    """An engine of `slot` whose methods run in a child process, one after another.

    Only the methods and constants of the slot's interface are reachable. Iterators come item by
    item, made as they are asked for; closing one, or making another call, ends it in the child.
    Blocking: use it from a `Worker`. `close` may be called from any thread.

    A call during which the child dies raises `EngineLostError`; the next one starts another child.
    """

    running: ClassVar[weakref.WeakSet[IsolatedEngine]] = weakref.WeakSet()
    """All of this process."""

    def __init__(
        self,
        slot: str,
        type: str,
        params: Mapping[str, Any],
        call_timeout_s: float = CALL_TIMEOUT_S,
    ) -> None:
        if slot not in SLOTS or slot == "agent":
            raise ConfigError(
                f'{slot}.isolation: "process" is not possible for this slot; remove the setting'
            )
        self._slot, self._type, self._params = slot, type, dict(params)
        self._call_timeout_s = call_timeout_s
        self._methods = {n for n in dir(SLOTS[slot].base) if not n.startswith("_")}
        self._lock = threading.Lock()
        self._calls_made = 0
        self._died_s = -GIVEN_UP_S
        self._deaths = 0
        """Since it last answered a call, or gave an item."""
        self._closed = False
        self._told: dict[str, tuple[Any, ...]] = {}
        """Setters that were called, with their arguments."""
        self._start()
        self.running.add(self)

    def _start(self) -> None:
        ours, theirs = socket.socketpair()
        with theirs:
            self._process = _spawn(theirs.fileno())
        self._pipe = Connection(ours.detach())
        self._end = weakref.finalize(self, _kill, self._process, self._pipe)
        self._facts: dict[str, Any] = {}
        try:
            with self._lock:
                self._facts = self._ask(
                    LOAD_TIMEOUT_S, "create", self._slot, self._type, self._params
                )
        except BaseException:
            self._end()
            raise
        self._methods -= self._facts.keys()

    @property
    def slot(self) -> str:
        """What it is."""
        return self._slot

    @property
    def pid(self) -> int:
        """The child's process id."""
        return self._process.pid

    @property
    def is_alive(self) -> bool:
        """Whether the child is running."""
        return self._process.poll() is None

    def restart(self) -> None:
        """End the child, running or dead, and start a new one with the same settings."""
        self.close()
        self._closed = False
        self._start()
        for name, args in self._told.items():
            self._ask(self._call_timeout_s, "call", name, args, {})

    def clone(self) -> IsolatedEngine:
        """Return the same engine in another child."""
        return IsolatedEngine(self._slot, self._type, self._params, self._call_timeout_s)

    def close(self) -> None:
        """Let the engine release what it holds, then end the child; kill it if it does not end."""
        self._closed = True
        if self.is_alive and self._lock.acquire(timeout=_EXIT_GRACE_S):
            try:
                with contextlib.suppress(OSError):
                    self._pipe.send(("end",))
                with contextlib.suppress(subprocess.TimeoutExpired):
                    self._process.wait(_EXIT_GRACE_S)
            finally:
                self._lock.release()
        self._end()

    def __getattr__(self, name: str) -> Any:
        facts = self.__dict__.get("_facts", {})
        if name in facts:
            return facts[name]
        if name in self.__dict__.get("_methods", ()):
            return functools.partial(self._call, name)
        raise AttributeError(f"the {self.__dict__.get('_slot')} slot has no {name}")

    def _call(self, name: str, *args: Any, **kwargs: Any) -> Any:
        try:
            kind, value, call_id = self._answer(name, args, kwargs)
        except EngineLostError:
            if self._slot not in REPEATED_SLOTS:
                raise
            kind, value, call_id = self._answer(name, args, kwargs)
        if name.startswith(_SETTERS):
            self._told[name] = args
        return self._items(call_id) if kind == "iterator" else value

    def _answer(
        self, name: str, args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> tuple[str, Any, int]:
        """Return what a call gives, and its number."""
        if not self.is_alive:
            self._revive()
            if name in _MIDWAY:
                raise EngineLostError(
                    f"the {self._slot} engine {self._type} had died; what it knew is lost"
                )
        with self._lock:
            self._calls_made += 1
            kind, value = self._ask(self._call_timeout_s, "call", name, args, kwargs)
            if kind == "value":
                self._deaths = 0
            return kind, value, self._calls_made

    def _revive(self) -> None:
        if self._closed:
            raise EngineError(f"the {self._slot} engine {self._type} is closed; start it again")
        if self._deaths >= DEATHS_BORNE and now_s() - self._died_s < GIVEN_UP_S:
            raise EngineError(
                f"the {self._slot} engine {self._type} died {self._deaths} times without doing "
                "anything; check its model files, or choose another engine"
            )
        log.warning("the %s engine %s is started anew", self._slot, self._type)
        self.restart()

    def _items(self, call_id: int) -> Iterator[Any]:
        finished = True
        try:
            while True:
                with self._lock:
                    if call_id != self._calls_made:
                        return
                    more, item = self._ask(self._call_timeout_s, "next")
                if not more:
                    return
                finished = False
                self._deaths = 0
                yield item
                finished = True
        finally:
            if not finished:
                self._abort(call_id)

    def _abort(self, call_id: int) -> None:
        with self._lock:
            if call_id == self._calls_made and self.is_alive:
                self._ask(self._call_timeout_s, "abort")

    def _ask(self, timeout_s: float, *message: Any) -> Any:
        try:
            self._pipe.send(message)
            if not self._pipe.poll(timeout_s):
                self._process.kill()
                self._process.wait()
                self._note_death()
                raise EngineLostError(
                    f"the {self._slot} engine {self._type} did not answer for {timeout_s:.0f} s "
                    "and was ended; choose a smaller model if that comes again"
                )
            ok, answer = self._pipe.recv()
        except (EOFError, OSError) as exc:
            self._note_death()
            raise EngineLostError(self._death()) from exc
        if ok:
            return answer
        raise _rebuilt(self._slot, self._type, *answer)

    def _note_death(self) -> None:
        self._deaths += 1
        self._died_s = now_s()

    def _death(self) -> str:
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(_EXIT_GRACE_S)
        code = self._process.returncode
        how = "closed its connection" if code is None else f"exit code {code}"
        if code is not None and code < 0:
            how = f"signal {-code}, {signal.Signals(-code).name}"
        return (
            f"the {self._slot} engine {self._type} died ({how}); "
            "check its model files if it dies again"
        )


def _spawn(fd: int) -> subprocess.Popen[bytes]:
    # One thread for linear algebra: the engine's own thread settings decide, not a library's.
    environment = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1", **os.environ}
    return subprocess.Popen(
        [sys.executable, "-c", _CHILD, str(fd), *sys.path],
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


def _rebuilt(slot: str, type: str, name: str, text: str) -> Exception:
    """Return the child's error as the same class here, or as an EngineError that names it."""
    for module in (errors, builtins):
        cls: Callable[[str], Exception] | None = getattr(module, name, None)
        if isinstance(cls, builtins.type) and issubclass(cls, Exception):
            with contextlib.suppress(TypeError):
                return cls(text)
    return EngineError(f"the {slot} engine {type} failed: {name}: {text}; report this to its maker")
