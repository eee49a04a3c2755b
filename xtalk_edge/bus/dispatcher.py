"""Gives the events in the inboxes to their handlers. Loop thread only.

The agenda lists what was published, in order. Working it off, the dispatcher calls plain
handlers itself; as soon as a coroutine handler is due, the inbox's own task takes over until it
has caught up with the agenda. So one inbox never runs two handlers, and never skips ahead.
"""

from __future__ import annotations

import asyncio
import contextvars
from collections import deque
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any

from xtalk_edge.bus.inbox import Entry, Inbox, Subscription
from xtalk_edge.tasks import TaskOwner

BATCH = 256
"""Events handled before the loop's other work gets a turn; about 1 ms."""


class Dispatcher:
    """Runs the handlers; `on_failure` hears of every exception that one of them raised."""

    def __init__(self, on_failure: Callable[[Entry, BaseException], None]) -> None:
        self._agenda: deque[tuple[int, tuple[Subscription, ...]]] = deque()
        """Sequence numbers of what was published, each with its handlers by falling priority."""
        self._scheduled = False
        self.loop: asyncio.AbstractEventLoop | None = None
        self._on_failure = on_failure
        self._context = contextvars.Context()
        self._reached_seq = 0
        self._busy = 0
        self._tasks = TaskOwner()
        self._inbox_of: dict[asyncio.Task[None], Inbox] = {}
        self._idle: list[asyncio.Future[None]] = []

    def bind(self) -> asyncio.AbstractEventLoop:
        """Settle on the running loop, once; return it."""
        if self.loop is None:
            self.loop = asyncio.get_running_loop()
        return self.loop

    def announce(self, seq: int, targets: tuple[Subscription, ...]) -> None:
        """Work off the event `seq`, now in the inboxes, when the loop gets to it."""
        self._agenda.append((seq, targets))
        if not self._scheduled:
            self._schedule()
        # Where no handler has to be first, tasks wake in the dispatcher's own turn of the loop.
        if targets[0].priority == targets[-1].priority:
            for subscription in targets:
                inbox = subscription.inbox
                if subscription.is_async and not inbox.busy:
                    queue = inbox.queue
                    if queue and queue[0][0] == seq and queue[0][2].is_async:
                        self._hand_over(inbox)

    def end(self, inbox: Inbox) -> None:
        """Let the inbox's task end, after the handler it may be running."""
        inbox.closed = True
        _set(inbox.wake)

    def current_inbox(self) -> Inbox | None:
        """Return the inbox whose handler runs in the current task, if one does."""
        task = asyncio.current_task()
        return None if task is None else self._inbox_of.get(task)

    async def drained(self) -> None:
        """Return when no handler runs and no event waits."""
        if self._agenda or self._busy:
            idle: asyncio.Future[None] = asyncio.get_running_loop().create_future()
            self._idle.append(idle)
            await idle

    async def aclose(self) -> None:
        """Cancel all handlers and forget the agenda."""
        await self._tasks.aclose()
        self._agenda.clear()
        self._busy = 0
        self._wake_if_idle()

    def _schedule(self) -> None:
        self._scheduled = True
        (self.loop or self.bind()).call_soon(self._dispatch, context=self._context)

    def _dispatch(self) -> None:
        agenda = self._agenda
        try:
            for _ in range(min(len(agenda), BATCH)):
                seq, targets = agenda.popleft()
                self._reached_seq = seq
                for index, subscription in enumerate(targets, start=1):
                    inbox = subscription.inbox
                    queue = inbox.queue
                    # An empty or younger queue means that the event was dropped meanwhile.
                    if inbox.busy or not queue or queue[0][0] > seq:
                        continue
                    if queue[0][2].is_async:
                        self._hand_over(inbox)
                    else:
                        self._call(inbox, queue.popleft())
                    if inbox.busy and _are_lower(targets[index:], subscription):
                        # The inbox's task comes first, then the loop comes back here.
                        agenda.appendleft((seq, targets[index:]))
                        return
        finally:
            self._scheduled = False
            if agenda:
                self._schedule()
            else:
                self._wake_if_idle()

    def _call(self, inbox: Inbox, entry: Entry) -> None:
        _, event, subscription, track = entry
        if subscription.active:
            try:
                result = subscription.handler(event)
            except (Exception, asyncio.CancelledError) as exc:  # noqa: BLE001 - reported
                self._on_failure(entry, exc)
            else:
                if result is not None and isinstance(result, Coroutine):
                    inbox.begun = (entry, result)
                    self._hand_over(inbox)
                    return
                subscription.stats.handled += 1
        if track is not None:
            track.release(inbox)

    def _hand_over(self, inbox: Inbox) -> None:
        """Let the inbox's task go on, until it has caught up with the agenda."""
        inbox.busy = True
        self._busy += 1
        if inbox.task is None:
            inbox.task = self._tasks.start(
                self._work(inbox), f"inbox of {inbox.name}", self._context.copy()
            )
            self._inbox_of[inbox.task] = inbox
            inbox.task.add_done_callback(self._inbox_of.pop)
        else:
            _set(inbox.wake)

    async def _work(self, inbox: Inbox) -> None:
        """Catch up with the agenda whenever the inbox is handed over."""
        loop = asyncio.get_running_loop()
        while True:
            if inbox.busy:
                await self._catch_up(inbox)
                inbox.busy = False
                self._busy -= 1
                self._wake_if_idle()
            if inbox.closed:
                return
            inbox.wake = loop.create_future()
            await inbox.wake

    async def _catch_up(self, inbox: Inbox) -> None:
        if inbox.begun is not None:
            (entry, result), inbox.begun = inbox.begun, None
            await self._finish(inbox, entry, result)
        queue = inbox.queue
        handled = 0
        while queue and queue[0][0] <= self._reached_seq:
            await self._finish(inbox, queue.popleft(), None)
            handled += 1
            if handled % BATCH == 0:
                await asyncio.sleep(0)

    async def _finish(
        self, inbox: Inbox, entry: Entry, begun: Coroutine[Any, Any, Any] | None
    ) -> None:
        """Handle one entry in the inbox's task, or end what a plain call has `begun`."""
        _, event, subscription, track = entry
        try:
            if begun is not None or subscription.active:
                result = subscription.handler(event) if begun is None else begun
                if result is not None and isinstance(result, Awaitable):
                    await result
                subscription.stats.handled += 1
        except asyncio.CancelledError as exc:
            task = asyncio.current_task()
            if task is None or task.cancelling():  # the bus is closing, nothing has failed
                raise
            self._on_failure(entry, exc)
        except Exception as exc:  # noqa: BLE001 - whatever a handler raises is reported
            self._on_failure(entry, exc)
        finally:
            if track is not None:
                track.release(inbox)

    def _wake_if_idle(self) -> None:
        if self._idle and not self._agenda and not self._busy:
            for waiting in self._idle:
                _set(waiting)
            self._idle.clear()


def _are_lower(targets: tuple[Subscription, ...], one: Subscription) -> bool:
    return bool(targets) and targets[0].priority < one.priority


def _set(future: asyncio.Future[None] | None) -> None:
    if future is not None and not future.done():
        future.set_result(None)
