"""One thread for one blocking engine.

Engines are neither thread-safe nor quick, so each gets a thread of its own and never the loop's.
In virtual time the work runs inline: time stands still meanwhile, and two runs of the same
conversation give the same events in the same order.
"""

from __future__ import annotations

import asyncio
import contextlib
import threading
import weakref
from collections import deque
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any, ClassVar, Generic, ParamSpec, TypeVar

from xtalk_edge.clock import is_virtual, now_s
from xtalk_edge.errors import EngineError

P = ParamSpec("P")
T = TypeVar("T")

_NO_MORE = object()

ITEMS_AHEAD = 64
"""How far a blocking iterator may run ahead of its reader: 4 s of speech in 60 ms pieces."""


class Worker:
    """Runs an engine's blocking calls one after another, off the event loop."""

    _known: ClassVar[weakref.WeakSet[Worker]] = weakref.WeakSet()
    _knowing: ClassVar[threading.Lock] = threading.Lock()

    def __init__(self, name: str) -> None:
        self.name = name
        self._executor = ThreadPoolExecutor(max_workers=1, thread_name_prefix=name)
        self._streams: set[_Relay[Any]] = set()
        self._closed = False
        self.loop: asyncio.AbstractEventLoop | None = None
        """Whoever asked last; an engine made by a thread has a worker before anybody asks."""
        self._jobs = 0
        """Calls and iterators that are under way or wait for their turn."""
        self._work = _Work()
        with self._knowing:
            self._known.add(self)

    @classmethod
    def all(cls) -> list[Worker]:
        """Return every worker of this process."""
        with cls._knowing:
            return list(cls._known)

    @property
    def idle(self) -> bool:
        """Whether nobody has asked for anything that is not done."""
        return self._jobs == 0

    def busy_s(self) -> float:
        """Return for how long the thread has been at work and has given nothing; 0 while idle."""
        return self._work.for_s()

    async def run(self, call: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Return what the call returns; its errors are raised here.

        Cancelling the caller leaves a call that has begun running to its end, unseen.

        Raises:
            EngineError: the worker is closed.
        """
        self._check_open()
        self.loop = asyncio.get_running_loop()
        if is_virtual():
            return call(*args, **kwargs)

        def work() -> T:
            with self._work:
                return call(*args, **kwargs)

        job = self.loop.run_in_executor(self._executor, work)
        try:
            with self._asked():
                return await job
        except asyncio.CancelledError:
            caller = asyncio.current_task()
            if caller is None or not caller.cancelling():
                # Closing dropped the call; the caller itself was not cancelled.
                self._check_open()
            raise

    async def stream(self, make: Callable[[], Iterable[T]]) -> AsyncIterator[T]:
        """Yield the items of a blocking iterator as they come; its errors are raised here.

        Closing this iterator, or cancelling its reader, ends the blocking one before its next
        item and closes it on the worker's thread.

        Raises:
            EngineError: the worker is closed.
        """
        self._check_open()
        self.loop = asyncio.get_running_loop()
        if is_virtual():
            with self._asked(), _closing(make()) as items:
                for item in items:
                    yield item
                    await asyncio.sleep(0)
            return
        relay: _Relay[T] = _Relay(self.loop, self._work)
        self._streams.add(relay)
        job = self.loop.run_in_executor(self._executor, relay.produce, make)
        job.add_done_callback(_mark_seen)
        try:
            with self._asked():
                while await relay.arrived():
                    yield relay.take()
                self._check_open()
                await job
        finally:
            relay.stop()
            self._streams.discard(relay)

    def close(self) -> None:
        """Stop running iterators, finish the running call, and end the thread.

        Calls and iterators that wait for their turn end with EngineError.
        """
        self._closed = True
        for relay in list(self._streams):
            relay.stop()
        self._executor.shutdown(wait=True, cancel_futures=True)

    @contextlib.contextmanager
    def _asked(self) -> Iterator[None]:
        self._jobs += 1
        try:
            yield
        finally:
            self._jobs -= 1

    def _check_open(self) -> None:
        if self._closed:
            raise EngineError(f"{self.name} is closed; start it again before using it")


class _Work:
    """Since when a thread has been at work without giving anything; `with` it while it is."""

    def __init__(self) -> None:
        self._since_s: float | None = None

    def __enter__(self) -> None:
        self._since_s = now_s()

    def __exit__(self, *_error: object) -> None:
        self._since_s = None

    def for_s(self) -> float:
        """Return for how long; from any thread."""
        since_s = self._since_s
        return 0.0 if since_s is None else now_s() - since_s


class _Relay(Generic[T]):
    """Hands items from the worker's thread to the loop, `ITEMS_AHEAD` of them at most."""

    def __init__(self, loop: asyncio.AbstractEventLoop, work: _Work) -> None:
        self._loop = loop
        self._work = work
        self._items: deque[T] = deque()
        self._ended = False
        self._news = asyncio.Event()
        self._room = threading.Semaphore(ITEMS_AHEAD)
        self._stopped = threading.Event()

    def produce(self, make: Callable[[], Iterable[T]]) -> None:
        """Run the blocking iterator to its end or until stopped; on the worker's thread."""
        try:
            if self._stopped.is_set():
                return
            with _closing(make()) as items:
                source = iter(items)
                while (item := self._next(source)) is not _NO_MORE:
                    self._room.acquire()
                    if self._stopped.is_set():
                        return
                    self._tell(self._put, item)
        finally:
            self._tell(self._end)

    def _next(self, source: Iterator[T]) -> T | object:
        with self._work:
            return next(source, _NO_MORE)

    def _tell(self, call: Callable[..., None], *args: object) -> None:
        # The loop may be closed already when a stopped iterator comes back.
        with contextlib.suppress(RuntimeError):
            self._loop.call_soon_threadsafe(call, *args)

    def _put(self, item: T) -> None:
        self._items.append(item)
        self._news.set()

    def _end(self) -> None:
        self._ended = True
        self._news.set()

    async def arrived(self) -> bool:
        """Wait for an item or the end; True when there is an item to take."""
        await self._news.wait()
        return bool(self._items)

    def take(self) -> T:
        """Return the oldest item."""
        item = self._items.popleft()
        if not self._items and not self._ended:
            self._news.clear()
        self._room.release()
        return item

    def stop(self) -> None:
        """End the blocking iterator before its next item, and the reader after those it has."""
        self._stopped.set()
        self._room.release()
        self._tell(self._end)


@contextlib.contextmanager
def _closing(items: Iterable[T]) -> Iterator[Iterable[T]]:
    try:
        yield items
    finally:
        close = getattr(items, "close", None)
        if close is not None:
            close()


def _mark_seen(job: asyncio.Future[None]) -> None:
    # A reader that left early never asks for the error; asyncio would call that a bug.
    if not job.cancelled():
        job.exception()
