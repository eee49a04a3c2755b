"""An engine in a child process of its own, for native code that holds the GIL or may crash."""

from __future__ import annotations

import contextlib
import functools
import logging
import threading
from collections.abc import Iterator, Mapping
from typing import Any

from xtalk_edge.engines.child_process import (
    EXIT_GRACE_S,
    LOAD_TIMEOUT_S,
    ChildProcess,
    Deaths,
    rebuilt_error,
)
from xtalk_edge.engines.foreign import SLOTS
from xtalk_edge.errors import ConfigError, EngineError, EngineLostError

log = logging.getLogger(__name__)

CALL_TIMEOUT_S = 30.0
"""The longest call is the end of a 30 s utterance at real-time speed; later means hung."""

REPEATED_SLOTS = frozenset(
    {"vad", "wake", "stop_word", "enhancer", "echo", "turn_detector", "embeddings"}
)
"""A call that died is made once more in these: what it would have remembered is a moment of sound.
Of a recogniser's text or a voice's sentence whoever asked has to know that it begins anew."""

STOPPED_SLOTS = frozenset({"caption_rewriter", "thought_rewriter"})
"""Engines of these are stopped in the midst of a call; such a child answers one call at a time."""

_MIDWAY = frozenset({"recognize_stream", "confidence", "semantic_tag"})
"""Calls that mean what was said before."""

_SETTERS = "set_"
"""What begins so changes an engine for good, and has to be told to its successor."""

_CHILD = "xtalk_edge.engines.isolated_child"


class IsolatedEngine:
    """An engine of `slot` whose methods run in a child process, one after another.

    Only the methods and constants of the slot's interface are reachable. Iterators come item by
    item, made as they are asked for; closing one, or making another call, ends it in the child.
    Blocking: use it from a `Worker`. `close` may be called from any thread.

    A call during which the child dies raises `EngineLostError`; the next one starts another child.
    """

    def __init__(
        self,
        slot: str,
        type: str,
        params: Mapping[str, Any],
        call_timeout_s: float = CALL_TIMEOUT_S,
    ) -> None:
        if slot in STOPPED_SLOTS:
            raise ConfigError(
                f'{slot}.isolation: "process" is not possible for this slot; remove the setting'
            )
        self._slot, self._type, self._params = slot, type, dict(params)
        self._name = f"{slot} engine {type}"
        self._call_timeout_s = call_timeout_s
        self._methods = {n for n in dir(SLOTS[slot].base) if not n.startswith("_")}
        self._lock = threading.Lock()
        self._calls_made = 0
        self._deaths = Deaths()
        self._closed = False
        self._forgot = False
        """Whether the child is a fresh one, and nobody has been told that what was said is lost."""
        self._told: dict[str, tuple[Any, ...]] = {}
        """Setters that were called, with their arguments."""
        self._start()

    def _start(self) -> None:
        self._child = ChildProcess(_CHILD, self._slot)
        self._facts: dict[str, Any] = {}
        try:
            with self._lock:
                self._facts = self._ask(
                    LOAD_TIMEOUT_S, "create", self._slot, self._type, self._params
                )
        except BaseException:
            self._child.kill()
            raise
        self._methods -= self._facts.keys()

    @property
    def slot(self) -> str:
        """What it is."""
        return self._slot

    @property
    def pid(self) -> int:
        """The child's process id."""
        return self._child.pid

    @property
    def is_alive(self) -> bool:
        """Whether the child is running."""
        return self._child.is_alive

    def revive(self) -> None:
        """Start another child if this one has died, before somebody needs it.

        Raises:
            EngineError: it is closed, has died too often of late, or cannot be loaded.
        """
        if not self.is_alive:
            self._revive()

    def stop_hanging(self) -> None:
        """End a child that does not answer; whoever waits for it hears of it. From any thread."""
        self._child.stop_hanging()

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
        if self.is_alive and self._lock.acquire(timeout=EXIT_GRACE_S):
            try:
                with contextlib.suppress(OSError):
                    self._child.pipe.send(("end",))
                self._child.wait_for_end()
            finally:
                self._lock.release()
        self._child.kill()

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
        forgot, self._forgot = self._forgot, False
        if forgot and name in _MIDWAY:
            raise EngineLostError(f"the {self._name} had died; what it knew is lost")
        with self._lock:
            self._calls_made += 1
            kind, value = self._ask(self._call_timeout_s, "call", name, args, kwargs)
            if kind == "value":
                self._deaths.forget()
            return kind, value, self._calls_made

    def _revive(self) -> None:
        if self._closed:
            raise EngineError(f"the {self._name} is closed; start it again")
        self._deaths.check(self._name)
        log.warning("the %s is started anew", self._name)
        self.restart()
        self._forgot = True

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
                self._deaths.forget()
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
        pipe = self._child.pipe
        try:
            pipe.send(message)
            if not pipe.poll(timeout_s):
                self._child.stop_hanging()
                self._deaths.note()
                raise EngineLostError(
                    f"the {self._name} did not answer for {timeout_s:.0f} s and was ended; choose "
                    "a smaller model if that comes again"
                )
            ok, answer = pipe.recv()
        except (EOFError, OSError) as exc:
            self._deaths.note()
            raise EngineLostError(
                f"the {self._name} died ({self._child.how_it_died()}); check its model files if it "
                "dies again"
            ) from exc
        if ok:
            return answer
        raise rebuilt_error(self._name, *answer)
