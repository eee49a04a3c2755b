"""The child's side of an isolated engine: one engine, one socket, one request at a time.

Runs in the child only, and imports no more than the registry and the engine itself.
"""

from __future__ import annotations

import signal
from collections.abc import Iterator
from multiprocessing.connection import Connection
from typing import Any

from xtalk_edge import memory
from xtalk_edge.engines.foreign import SLOTS
from xtalk_edge.engines.registry import create
from xtalk_edge.net.border import BORDER, UNCOUNTED


def serve(fd: int) -> None:
    """Answer requests until told to end, or until the parent is gone."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    BORDER.close(UNCOUNTED)
    host = _Host()
    with Connection(fd) as pipe:
        while True:
            try:
                kind, *args = pipe.recv()
            except (EOFError, ConnectionError):
                host.close()
                return
            if kind == "end":
                host.close()
                return
            try:
                reply = (True, getattr(host, kind)(*args))
            except Exception as exc:  # noqa: BLE001 - every error travels to the caller
                reply = (False, (type(exc).__name__, str(exc)))
            try:
                pipe.send(reply)
            except ConnectionError:
                host.close()
                return


class _Host:
    """The engine and the iterator it is in the middle of."""

    def __init__(self) -> None:
        self._engine: Any = None
        self._items: Iterator[Any] = iter(())

    def create(self, slot: str, type: str, params: dict[str, Any]) -> dict[str, Any]:
        """Make the engine; return the constants of its slot's interface (rates, frame sizes)."""
        self._engine = create(slot, type, params)
        memory.give_back()
        base = SLOTS[slot].base
        names = {*dir(base), *getattr(base, "__annotations__", ())}
        values = {name: getattr(self._engine, name) for name in names if name[0] != "_"}
        return {name: value for name, value in values.items() if not callable(value)}

    def call(self, name: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[str, Any]:
        """Call one method; an iterator stays here and is announced."""
        self.abort()
        result = getattr(self._engine, name)(*args, **kwargs)
        if isinstance(result, Iterator):
            self._items = result
            return "iterator", None
        return "value", result

    def next(self) -> tuple[bool, Any]:
        """Return whether there is a next item, and the item."""
        for item in self._items:
            return True, item
        return False, None

    def abort(self) -> None:
        """End the running iterator."""
        close = getattr(self._items, "close", None)
        if close is not None:
            close()
        self._items = iter(())

    def close(self) -> None:
        """Let the engine release what it holds."""
        self.abort()
        close = getattr(self._engine, "close", None)
        if close is not None:
            close()
